package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** SQLite's own structure check of a finished private file. It proves the structure; checksums prove the bytes. */
public final class IntegrityCheck {
    private static final int MAX_PROBLEMS = 20;
    /** In a row such as "Tree 2 page 9: unable to get the page. error code=8458". */
    private static final Pattern ERROR_CODE = Pattern.compile("error code=(\\d+)");
    private static final int MAX_VIOLATIONS = 1000;

    /**
     * @param full false where SQLite could not look at everything
     * @param warnings what it could not look at, and what only the application can judge
     */
    public record Result(boolean full, List<String> warnings) { }

    private IntegrityCheck() { }

    /**
     * @param database a private file that nobody else has open
     * @throws Failure of kind CORRUPT that says what is wrong with {@code what}
     */
    public static Result check(Path database, String what) {
        checkHeader(database, what);
        List<String> warnings = new ArrayList<>();
        boolean full = true;
        try (SqliteConnection connection = open(database)) {
            try {
                refuseProblems(what, connection.query("PRAGMA integrity_check(" + MAX_PROBLEMS + ")"));
            } catch (SQLException e) {
                if ((e.getErrorCode() & 0xff) != SqliteConnection.ERROR) {
                    throw e;
                }
                full = false;
                checkTableByTable(connection, what, warnings);
            }
            full &= warnUnloadable(connection, warnings);
            return new Result(full, List.copyOf(warnings));
        } catch (SQLException said) {
            SQLException e = DiskProbe.explain(said, database);
            throw switch (e.getErrorCode() & 0xff) {
                case SqliteConnection.CORRUPT, SqliteConnection.NOTADB -> corrupt(what, SqliteConnection.describe(e.getErrorCode()));
                case SqliteConnection.IOERR -> isReadError(e.getErrorCode()) ? cannotRead(what) : corrupt(what, SqliteConnection.describe(e.getErrorCode()));
                default -> SqliteConnection.failure("cannot check", database, e, database.toAbsolutePath().getParent());
            };
        }
    }

    /** What is checked may come from anybody: nothing in its schema may call a function that does more than compute. */
    private static SqliteConnection open(Path database) throws SQLException {
        SqliteConnection connection = SqliteConnection.open(database, "mode=ro&immutable=1", Duration.ZERO);
        connection.execute("PRAGMA trusted_schema=OFF");
        return connection;
    }

    /** SQLite itself forgives a file that is longer than its header says, and reads a shorter one as far as it goes. */
    private static void checkHeader(Path database, String what) {
        try (FileChannel channel = FileChannel.open(database, StandardOpenOption.READ)) {
            if (channel.size() == 0) {
                throw corrupt(what, "it is an empty file (0 bytes)");
            }
            DatabaseHeader header = DatabaseHeader.read(channel);
            if (header == null) {
                throw corrupt(what, "it is encrypted or not a SQLite database");
            }
            if (!header.matches(channel.size())) {
                throw corrupt(what, "expected " + header.pageCount() + " pages of " + header.pageSizeBytes() + " bytes, found "
                        + channel.size() + " bytes");
            }
        } catch (IOException e) {
            throw Failure.io("cannot read", database, e);
        }
    }

    private static void refuseProblems(String what, List<String> rows) {
        if (!rows.equals(List.of("ok"))) {
            for (String row : rows) {
                Matcher code = ERROR_CODE.matcher(row);
                if (code.find() && isReadError(Integer.parseInt(code.group(1)))) {
                    throw cannotRead(what);
                }
            }
            String first = rows.get(0).lines().filter(line -> !line.startsWith("***")).findFirst().orElse("damaged");
            throw corrupt(what, "integrity_check says: " + first + (rows.size() > 1 ? " (and more)" : ""));
        }
    }

    /** A disk that cannot be read says nothing about the database; a file that ends too early does. */
    private static boolean isReadError(int resultCode) {
        return (resultCode & 0xff) == SqliteConnection.IOERR && resultCode != SqliteConnection.IOERR_SHORT_READ;
    }

    private static Failure cannotRead(String what) {
        return new Failure(Failure.Kind.FAILURE, "cannot check " + what + ": " + SqliteConnection.describe(SqliteConnection.IOERR),
                "nothing was changed; see whether the system's log says that a disk is failing");
    }

    /** A collation, function or tokenizer that only the application has stops the check as a whole; so it goes table by table. */
    private static void checkTableByTable(SqliteConnection connection, String what, List<String> warnings) throws SQLException {
        for (String table : connection.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")) {
            try {
                refuseProblems(what, connection.query("PRAGMA integrity_check('" + table.replace("'", "''") + "')"));
            } catch (SQLException e) {
                if ((e.getErrorCode() & 0xff) != SqliteConnection.ERROR) {
                    throw e;
                }
                warnings.add("table " + table + " could not be checked in full: " + e.getMessage());
            }
        }
    }

    /** integrity_check passes in silence over a virtual table whose module or tokenizer is missing here. */
    private static boolean warnUnloadable(SqliteConnection connection, List<String> warnings) throws SQLException {
        boolean all = true;
        for (String table : connection.query("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage = 0 ORDER BY name")) {
            try {
                connection.query("SELECT 1 FROM \"" + table.replace("\"", "\"\"") + "\" LIMIT 0");
            } catch (SQLException e) {
                if ((e.getErrorCode() & 0xff) != SqliteConnection.ERROR) {
                    throw e;
                }
                all = false;
                warnings.add("virtual table " + table + " could not be checked as such: " + e.getMessage());
            }
        }
        return all;
    }

    /**
     * Which foreign keys a database violates. That is its application's business, and no reason to refuse it.
     *
     * @return a warning for people, or nothing
     */
    public static List<String> foreignKeyWarnings(Path database) {
        List<String> warnings = new ArrayList<>();
        try (SqliteConnection connection = open(database)) {
            warnForeignKeys(connection, warnings);
        } catch (SQLException e) {
            throw SqliteConnection.failure("cannot check the foreign keys of", database, DiskProbe.explain(e, database), database.toAbsolutePath().getParent());
        }
        return warnings;
    }

    private static void warnForeignKeys(SqliteConnection connection, List<String> warnings) throws SQLException {
        try {
            List<String> tables = connection.query("SELECT \"table\" FROM pragma_foreign_key_check LIMIT " + MAX_VIOLATIONS);
            if (!tables.isEmpty()) {
                String count = tables.size() == MAX_VIOLATIONS ? MAX_VIOLATIONS + " or more" : String.valueOf(tables.size());
                warnings.add(count + " rows violate a foreign key, the first in table " + tables.get(0)
                        + " (the database was like that; restoring does not change it)");
            }
        } catch (SQLException e) {
            if ((e.getErrorCode() & 0xff) != SqliteConnection.ERROR) {
                throw e;
            }
            warnings.add("foreign keys could not be checked: " + e.getMessage());
        }
    }

    private static Failure corrupt(String what, String why) {
        return new Failure(Failure.Kind.CORRUPT, what + " failed verification: " + why);
    }
}
