package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.Tools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Databases that others designed, with what they hold in use: whatever is deleted from them comes back. */
class UndeleteRealDatabasesTest {
    private static final Path PROJ = Path.of("/usr/share/proj/proj.db");

    /** Of Fossil's, over a view that only Fossil can read. */
    private static final String FULL_TEXT = "ftsidx";

    @TempDir
    Path directory;

    private UndeleteLab lab;

    /** 36 tables of coordinate systems: keys that cascade, texts as keys, and triggers that ask for other rows. */
    @Test
    void whatWasDeletedFromProjComesBack() {
        Tools.require(Files.exists(PROJ), "proj-data is not installed");
        lab = new UndeleteLab(directory);
        UndeleteLab.copy(PROJ, lab.backup);
        undeleteWhateverIsDeleted(4, 4);
    }

    /** Subversion counts by triggers how many nodes have a content. */
    @Test
    void whatWasDeletedFromAWorkingCopyComesBack() {
        Tools.require("svn", "svnadmin");
        Path copy = directory.resolve("copy");
        Tools.sh(
                        "svnadmin create $1/repository; svn -q checkout file://$1/repository $2; cd $2; mkdir a b; "
                                + "for i in {1..40}; do echo $((i % 9)) > a/$i; done; svn -q add a b; "
                                + "svn -q propset of $1 a/1 a/7; svn -q commit -m first; "
                                + "svn -q copy a/1 b/copy; svn -q move a/2 b/moved; svn -q remove a/3; echo new > a/4; "
                                + "svn -q changelist of-mine a/5; svn -q update; svn -q propset k v a/9; svn status",
                        directory, copy)
                .ok();
        String status = svnStatus(copy);
        assertTrue(status.contains("moved from a/2"), status);
        lab = new UndeleteLab(directory);
        UndeleteLab.copy(copy.resolve(".svn/wc.db"), lab.backup);
        undeleteWhateverIsDeleted(30, 30);
        UndeleteLab.copy(lab.live, copy.resolve(".svn/wc.db"));
        Tools.sh("svn -q cleanup $1", copy).ok();
        assertEquals(status, svnStatus(copy));
    }

    private static String svnStatus(Path copy) {
        return Tools.sh("cd $1; svn status", copy).ok().out();
    }

    /** Fossil never lets SQLite enforce its keys, so rows refer to nothing; its full-text index is over a view. */
    @Test
    void whatWasDeletedFromARepositoryComesBack() {
        Tools.require("fossil");
        Path repository = directory.resolve("repository");
        Tools.sh(
                        "export HOME=$1; fossil init $2 -A me; mkdir $1/work; cd $1/work; fossil open $2 --user me; "
                                + "for i in {1..12}; do echo \"line $i\" >> log; echo $i > file$i; "
                                + "fossil add file$i log; "
                                + "fossil commit -m \"change $i\" --user me --no-warnings; done; "
                                + "fossil tag add first trunk --user me; fossil branch new other trunk --user me; "
                                + "fossil fts-config enable cdtw; fossil fts-config index on; fossil close",
                        directory,
                        repository)
                .ok();
        lab = new UndeleteLab(directory);
        UndeleteLab.copy(repository, lab.backup);
        undeleteWhateverIsDeleted(30, 30);
        UndeleteLab.copy(lab.live, repository);
        Tools.sh("HOME=$1 fossil test-integrity -R $2", directory, repository).ok();
    }

    private void undeleteWhateverIsDeleted(int rounds, int mostDeletions) {
        SortedMap<String, List<String>> original = AllRows.of(lab.backup);
        List<String> said = checks(lab.backup);
        for (int round = 0; round < rounds; round++) {
            UndeleteLab.copy(lab.backup, lab.live);
            SplittableRandom random = new SplittableRandom(round);
            delete(random, original, 1 + random.nextInt(mostDeletions));
            List<String> lost = lost(original);
            undelete(lost);
            assertEquals(original, AllRows.of(lab.live), "round " + round);
            assertEquals(said, checks(lab.live), "round " + round);
        }
    }

    /** As an application does, with keys or without; what they do not allow to delete stays. */
    private void delete(RandomGenerator random, SortedMap<String, List<String>> original, int times) {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + lab.live);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA foreign_keys=" + (random.nextInt(3) > 0 ? "ON" : "OFF"));
            List<String> tables = original.keySet().stream()
                    .filter(table -> !table.matches("\\(schema\\)|sqlite_.*|" + FULL_TEXT)
                            && !original.get(table).isEmpty())
                    .toList();
            for (int i = 0; i < times; i++) {
                String table = tables.get(random.nextInt(tables.size()));
                String first = texts(statement, "SELECT name FROM pragma_table_info('" + table + "')")
                        .get(0);
                int every = 1 + random.nextInt(4);
                try {
                    statement.execute("DELETE FROM " + table + " WHERE unicode(substr(hex(" + first + "), -1)) % "
                            + every + " = 0");
                } catch (SQLException e) {
                    assertEquals(ResultCode.CONSTRAINT, ResultCode.of(e), e.getMessage());
                }
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private List<String> lost(SortedMap<String, List<String>> original) {
        return original.keySet().stream()
                .filter(table -> !table.equals("(schema)")
                        && !table.equals(FULL_TEXT)
                        && !lab.query("SELECT count(*) FROM " + table)
                                .equals(String.valueOf(original.get(table).size())))
                .toList();
    }

    /** In any order: a trigger may ask for rows that come back with another table. */
    private void undelete(List<String> lost) {
        List<String> refused = new ArrayList<>();
        for (String table : lost) {
            try {
                lab.undelete(UndeleteLab.all(table));
            } catch (Failure e) {
                assertTrue(e.hint().contains("--no-triggers"), e.toString());
                refused.add(table);
            }
        }
        assertTrue(refused.size() < lost.size() || lost.isEmpty(), () -> "nothing comes back of " + refused);
        if (!refused.isEmpty()) {
            undelete(refused);
        }
    }

    private static List<String> checks(Path database) {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            return Stream.of("integrity_check", "foreign_key_check")
                    .flatMap(check -> {
                        try {
                            return texts(statement, "PRAGMA " + check).stream();
                        } catch (SQLException e) {
                            throw new AssertionError(e);
                        }
                    })
                    .sorted()
                    .toList();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> texts(Statement statement, String query) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
        }
        return texts;
    }
}
