package dev.sqlitebackup.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sqlitebackup.testing.Lab;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/** What an application finds in a database, as one word. */
final class Content {
    private Content() {}

    /**
     * Opens it as an application does (which rolls back what a crash left), takes the write lock, checks the structure
     * and reads everything.
     */
    static String of(Path database) {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:file:" + database + "?mode=rw");
                Statement sql = connection.createStatement()) {
            sql.execute("PRAGMA busy_timeout=0");
            sql.execute("BEGIN IMMEDIATE");
            assertEquals("ok", first(sql, "PRAGMA integrity_check"), database.toString());
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest(sql, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name", digest);
            digest(sql, "SELECT id, generation, b FROM t ORDER BY id", digest);
            String generation = first(sql, "SELECT min(generation) || ' ' || count(*) FROM t");
            sql.execute("COMMIT");
            return generation + " " + HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (SQLException | NoSuchAlgorithmException e) {
            throw new AssertionError(database + ": " + e.getMessage(), e);
        }
    }

    private static String first(Statement sql, String query) throws SQLException {
        try (ResultSet rows = sql.executeQuery(query)) {
            return rows.next() ? rows.getString(1) : "nothing";
        }
    }

    private static void digest(Statement sql, String query, MessageDigest digest) throws SQLException {
        try (ResultSet rows = sql.executeQuery(query)) {
            while (rows.next()) {
                for (int column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
                    digest.update(
                            String.valueOf(rows.getString(column)).getBytes(java.nio.charset.StandardCharsets.UTF_8));
                    digest.update((byte) 0);
                }
            }
        }
    }

    /**
     * Of a database whose inside is damaged: its bytes, once SQLite has rolled back what a crash left, without the
     * counters of its header.
     */
    static String ofDamaged(Path database) {
        Lab.query(database, "SELECT count(*) FROM sqlite_schema");
        try {
            byte[] bytes = Files.readAllBytes(database);
            Arrays.fill(bytes, 18, 20, (byte) 0);
            Arrays.fill(bytes, 24, 28, (byte) 0);
            Arrays.fill(bytes, 40, 44, (byte) 0);
            Arrays.fill(bytes, 92, 100, (byte) 0);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes), 0, 8);
        } catch (IOException | NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static final Pattern INCREMENT = Pattern.compile("(.+)-([0-9TZ-]+)-since-([0-9TZ-]+)\\.db-wal\\.gz");

    /**
     * Of a backup, decompressed by the JDK, with its increments, which SQLite takes for its log, without any code of
     * ours.
     */
    static String ofBackup(Path backup) {
        Path database = backup.resolveSibling(backup.getFileName() + ".decompressed");
        try {
            decompress(backup, database);
            return of(database);
        } catch (IOException e) {
            throw new AssertionError(backup + ": " + e, e);
        } finally {
            for (String suffix : new String[] {"", "-wal", "-shm", "-journal"}) {
                beside(database, suffix).toFile().delete();
            }
        }
    }

    private static Path beside(Path database, String suffix) {
        return database.resolveSibling(database.getFileName() + suffix);
    }

    private static void decompress(Path backup, Path database) throws IOException {
        Matcher increment = INCREMENT.matcher(backup.getFileName().toString());
        boolean isIncrement = increment.matches();
        if (isIncrement) {
            List<Path> parents = Scenario.list(
                    backup.getParent(),
                    Pattern.quote(increment.group(1) + "-" + increment.group(3))
                            + "(\\.db\\.gz|-since-[0-9TZ-]+\\.db-wal\\.gz)");
            assertEquals(1, parents.size(), "what " + backup + " builds on");
            decompress(parents.get(0), database);
        }
        try (InputStream in = new GZIPInputStream(Files.newInputStream(backup))) {
            Files.copy(in, isIncrement ? beside(database, "-wal") : database);
        }
        if (isIncrement) {
            assertEquals("0", Lab.query(database, "PRAGMA wal_checkpoint(TRUNCATE)"));
        }
    }
}
