package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.stream.Collectors;

/** A database and its backup, in a directory of their own, and what puts rows back from the one into the other. */
final class UndeleteLab {
    private static final int SHOWN = 3;

    final Path directory;
    final Path live;
    final Path backup;

    UndeleteLab(Path directory) {
        this.directory = directory;
        this.live = directory.resolve("app.db");
        this.backup = directory.resolve("backup.db");
    }

    /** Makes the database, or adds to it, and the backup of it. */
    UndeleteLab given(String... statements) {
        Lab.sql(live, statements);
        copy(live, backup);
        return this;
    }

    /** What the application does since. */
    UndeleteLab since(String... statements) {
        String[] all = new String[statements.length + 1];
        all[0] = "PRAGMA foreign_keys=ON";
        System.arraycopy(statements, 0, all, 1, statements.length);
        Lab.sql(live, all);
        return this;
    }

    static Undelete.Wanted all(String table) {
        return where(table, null);
    }

    static Undelete.Wanted where(String table, String condition) {
        return new Undelete.Wanted(table, condition, false, false, SHOWN);
    }

    static Undelete.Wanted only(String table, String condition) {
        return new Undelete.Wanted(table, condition, true, false, SHOWN);
    }

    static Undelete.Wanted withoutTriggers(String table) {
        return new Undelete.Wanted(table, null, false, true, SHOWN);
    }

    PutBack undelete(Undelete.Wanted wanted) {
        return undelete(wanted, () -> {});
    }

    PutBack undelete(Undelete.Wanted wanted, Undelete.BeforeCommit last) {
        Path before = directory.resolve("before.db");
        Path selected = directory.resolve("selected.db");
        copy(live, before);
        try {
            Files.write(selected, new byte[0]);
            return Undelete.run(
                    new Undelete.Target(live, before),
                    new Undelete.From(backup, "BACKUP", directory, selected),
                    wanted,
                    Duration.ZERO,
                    Progress.NONE,
                    last);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Such as {@code parent 1, child 2}. */
    static String counts(PutBack back) {
        return back.tables().stream()
                .map(table -> table.name() + " " + table.rows())
                .collect(Collectors.joining(", "));
    }

    /** Puts back, and says what came back. */
    String counted(Undelete.Wanted wanted) {
        return counts(undelete(wanted));
    }

    /** With not one byte changed. */
    Failure refused(Failure.Kind kind, String words, Undelete.Wanted wanted) {
        byte[] before = bytes(live);
        byte[] backedUp = bytes(backup);
        Failure failure = Expect.failure(kind, words, () -> undelete(wanted));
        assertArrayEquals(before, bytes(live), "the database is as it was");
        assertArrayEquals(backedUp, bytes(backup), "the backup is as it was");
        return failure;
    }

    /** That the database is what was backed up, in all that it holds. */
    void assertAllIsBack() {
        assertEquals(AllRows.of(backup), AllRows.of(live));
        assertEquals("ok", Lab.query(live, "PRAGMA integrity_check"));
    }

    String query(String query) {
        return Lab.query(live, query);
    }

    static void copy(Path from, Path to) {
        try {
            Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
