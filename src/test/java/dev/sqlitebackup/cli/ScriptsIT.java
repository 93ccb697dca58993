package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Installed;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The scripts and the Makefile fragment, installed into a user's own repository. */
class ScriptsIT {
    private static final Path PROJECT = Path.of("").toAbsolutePath();

    @TempDir
    Path directory;

    private Lab lab;
    private Path repository;

    @BeforeEach
    void makeLab() {
        Tools.require("make", "git");
        lab = new Lab(directory);
        repository = lab.path("my config");
    }

    private Tools.Ended install() {
        return Installed.into(repository, directory);
    }

    /** As cron runs it: no working directory of ours, hardly a PATH, no terminal, no locale. */
    private Tools.Ended cron(String target, String... assignments) {
        return Tools.sh(
                "cd /; target=$3; home=$4; repo=$2; java=$1; shift 4; env -i HOME=\"$home\" "
                        + "TMPDIR=\"$home/tmp\" JAVA_HOME=\"$java\" PATH=/usr/bin:/bin"
                        + " make --no-print-directory -C \"$repo\" \"$target\" \"$@\"",
                prepend(assignments, System.getProperty("java.home"), repository, target, directory));
    }

    private static Object[] prepend(String[] last, Object... first) {
        return java.util.stream.Stream.concat(java.util.stream.Stream.of(first), java.util.stream.Stream.of(last))
                .toArray();
    }

    @Test
    void setUpARepositoryWhoseBackupsGoToGitLfs() throws IOException {
        Tools.require("git-lfs");
        install();
        Path database = lab.database("hi story é.db", "wal", 300, "g");
        Tools.Ended backup = cron("backup-db", "DB=" + database).ok();
        assertTrue(backup.out().startsWith("backed up"), backup.out() + backup.err());
        String staged = Tools.sh(
                        "cd \"$1\"; git -c core.quotePath=false diff --cached --name-only; git lfs ls-files -n; "
                                + "git cat-file -p \":backups/$2\"",
                        repository,
                        "hi story é.db.gz")
                .ok()
                .out();
        assertTrue(
                staged.contains("backups/hi story é.db.gz\n")
                        && staged.contains("version https://git-lfs.github.com/spec/v1"),
                staged);
        assertEquals(
                "",
                Tools.sh("cd \"$1\"; git status --porcelain | grep -F .state || true", repository)
                        .ok()
                        .out());

        Lab.sql(database, "DELETE FROM t");
        cron("restore-db", "DB=" + database).ok();
        assertEquals("300", Lab.query(database, "SELECT count(*) FROM t"));
        assertTrue(cron("restore-db", "DB=" + database, "ARGS=--dry-run")
                .ok()
                .out()
                .startsWith("would restore"));
    }

    @Test
    void stageWhatAHistoryGainedAndLost() {
        Tools.require("git-lfs");
        install();
        Path database = lab.database("h.db", "delete", 30, "g");
        for (String kind : List.of("--full ", "--full ", "--full ", "")) {
            Lab.sql(database, "INSERT INTO t(generation) VALUES ('x')");
            cron("backup-db", "DB=" + database, "TO=" + repository + "/backups", "ARGS=" + kind + "--keep-last=2")
                    .ok();
        }
        String staged = Tools.sh(
                        "cd \"$1\"; git diff --cached --name-only; git status --porcelain backups | grep "
                                + "'[.]gz$' | grep -v '^A ' || true",
                        repository)
                .ok()
                .out();
        assertEquals(2, staged.lines().count(), staged);
        assertTrue(staged.contains("-since-"), "the increment, and the full backup that it needs: " + staged);
        assertEquals(
                2,
                Tools.sh("cd \"$1\"; git lfs ls-files -n", repository)
                        .ok()
                        .out()
                        .lines()
                        .count());
    }

    @Test
    void stageWhatTheRunMadeAndDeletedAndNothingOfOthers() throws IOException {
        Tools.require("git-lfs");
        install();
        Path history = Files.createDirectory(repository.resolve("backups/h\n[*]"));
        for (String foreign : List.of("photos.tar.gz", "tracked.gz", "other-20200101T000000Z.db.gz")) {
            Lab.write(history.resolve(foreign), foreign);
        }
        Tools.sh(
                        "cd \"$1\"; git add -- tracked.gz; git -c user.name=u -c user.email=u@example.org "
                                + "commit -qm mine; rm tracked.gz",
                        history)
                .ok();
        Path database = lab.database("-odd *\n.db", "delete", 30, "g");
        for (int i = 0; i < 3; i++) {
            Lab.sql(database, "INSERT INTO t(generation) VALUES ('" + i + "')");
            backup(database, history, "--full", "--keep-last=2").ok();
            Tools.sh("cd \"$1\"; git -c user.name=u -c user.email=u@example.org commit -qm backup", history)
                    .ok();
        }
        String committed = Tools.sh(
                        "cd \"$1\"; git -c core.quotePath=false ls-tree -z --name-only HEAD . | tr '\\0' '/'", history)
                .ok()
                .out();
        assertEquals(3, committed.chars().filter(c -> c == '/').count(), committed);
        assertTrue(committed.contains("tracked.gz/") && committed.contains("-odd *\n-"), committed);
        String others = Tools.sh(
                        "cd \"$1\"; git status --porcelain -z . | tr '\\0' '/' | sed -z 's|backups/h\\n\\[\\*\\]/||g'",
                        history)
                .ok()
                .out();
        assertEquals(
                " D tracked.gz/?? other-20200101T000000Z.db.gz/?? photos.tar.gz/",
                others,
                "a deletion and files of others are theirs to stage");

        Tools.sh("cd \"$1\"; git rm -q --cached -- '-odd*'", history).ok();
        assertTrue(backup(database, history).ok().out().startsWith("unchanged"));
        assertEquals(
                "1",
                Tools.sh("cd \"$1\"; git ls-files -z -- '-odd*' | tr -cd '\\0' | wc -c", history)
                        .ok()
                        .out()
                        .strip(),
                "a confirmed backup that Git lacks is staged");
    }

    private Tools.Ended backup(Path database, Path to, String... options) {
        Object[] arguments = prepend(options, repository, database, to, lab.temporary());
        return Tools.sh(
                "cd \"$1\"; database=$2; to=$3; tmp=$4; shift 4; TMPDIR=\"$tmp\" "
                        + "scripts/backup-db.sh --stage \"$@\" --to=\"$to\" -- \"$database\"",
                arguments);
    }

    @Test
    void doNotPutABackupIntoPlainHistoryWhenGitLfsIsMissing() throws IOException {
        install();
        Path bin = Files.createDirectory(lab.path("bin"));

        Lab.write(bin.resolve("git-lfs"), "#!/bin/sh\nexit 127\n");
        Files.setPosixFilePermissions(bin.resolve("git-lfs"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Path database = lab.database("h.db", "wal", 300, "g");
        Tools.Ended ended = Tools.sh(
                        "cd \"$1\"; PATH=\"$2:$PATH\" TMPDIR=\"$4\" make backup-db DB=\"$3\"",
                        repository,
                        bin,
                        database,
                        lab.temporary())
                .ok();
        assertTrue(
                ended.err().contains("Git LFS is not installed") && ended.err().contains("plain Git history"),
                ended.err());
        assertEquals(
                "",
                Tools.sh("cd \"$1\"; git diff --cached --name-only", repository)
                        .ok()
                        .out());
        lab.json(0, "verify", repository.resolve("backups/h.db.gz"));

        Tools.require("git-lfs");
        ended = Tools.sh(
                        "cd \"$1\"; git config --unset filter.lfs.clean; GIT_CONFIG_GLOBAL=/dev/null "
                                + "GIT_CONFIG_SYSTEM=/dev/null TMPDIR=\"$3\" make backup-db DB=\"$2\"",
                        repository,
                        database,
                        lab.temporary())
                .ok();
        assertTrue(ended.err().contains("Git LFS is not initialised"), ended.err());
        assertEquals(
                "",
                Tools.sh("cd \"$1\"; git diff --cached --name-only", repository)
                        .ok()
                        .out());
    }

    @Test
    void installTwiceAddNothingTwiceAndOverwriteNothingOfTheUsers() throws IOException {
        Files.createDirectories(repository.resolve("scripts"));
        Lab.write(repository.resolve("scripts/backup-db.sh"), "#!/bin/sh\necho the article's\n");
        Lab.write(repository.resolve("Makefile"), "mine:\n\t@echo mine");
        Lab.write(repository.resolve(".gitignore"), "*.log");
        Lab.write(repository.resolve(".gitattributes"), "*.png binary\n");
        assertTrue(install().out().contains("kept your own scripts/backup-db.sh"));
        String before = contents();
        install();
        assertEquals(before, contents());
        assertTrue(Files.readString(repository.resolve("scripts/backup-db.sh")).contains("the article's"));
        assertEquals("*.log\n.*.state\n.sqlite-backup-*/\n*.jsa\n", Files.readString(repository.resolve(".gitignore")));
        assertEquals(
                "mine:\n\t@echo mine\ninclude scripts/sqlite-backup.mk\n",
                Files.readString(repository.resolve("Makefile")));
        assertEquals(
                "mine\n",
                Tools.sh("make -C \"$1\" --no-print-directory", repository).ok().out());
    }

    @Test
    void installLeaveNothingWhereItIsRefused() throws IOException {
        Tools.sh("git init -q \"$1\"", repository).ok();
        Files.createFile(lab.path("file"));
        for (Path place : List.of(repository.resolve("inside/it"), lab.path("file"))) {
            Tools.Ended refused = Tools.sh("\"$1/scripts/install-into\" \"$2\"", PROJECT, place);
            assertEquals(2, refused.exitCode());
            assertTrue(refused.err().startsWith("error: ") && refused.err().contains("\nhint: "), refused.err());
        }
        assertFalse(Files.exists(repository.resolve("inside")));
    }

    @Test
    void installKeepATargetThatTheUserAlreadyHas() throws IOException {
        Files.createDirectories(repository);
        Lab.write(repository.resolve("Makefile"), "backup-db:\n\t@echo mine\n");
        assertTrue(install().out().contains("kept your own targets"));
        assertEquals("backup-db:\n\t@echo mine\n", Files.readString(repository.resolve("Makefile")));
    }

    private String contents() {
        return Tools.sh(
                        "cd \"$1\"; find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0 sha256sum",
                        repository)
                .ok()
                .out();
    }

    /** A push to a bare repository beside it, and what Git said about it. */
    private Tools.Ended push(Path database) {
        return Tools.sh(
                "cd \"$1\"; SQLITE_BACKUP_DB=\"$2\" TMPDIR=\"$3\" git push -q origin HEAD:main",
                repository,
                database,
                lab.temporary());
    }

    private void commitBackup(Path database, String time) {
        Lab.settle(database);
        cron("backup-db", "DB=" + database).ok();
        Tools.sh(
                        "cd \"$1\"; git add -A; GIT_COMMITTER_DATE=\"$2\" git -c user.name=u -c "
                                + "user.email=u@example.org commit -q --allow-empty -m backup",
                        repository,
                        time)
                .ok();
    }

    @Test
    void aPushWarnsWhenTheDatabaseIsNewerThanTheCommittedBackupAndStopsOnlyWhenAskedTo() throws IOException {
        Tools.require("git-lfs");
        install();
        Tools.sh(
                        "git init -q --bare \"$1/origin.git\"; git -C \"$2\" remote add origin \"$1/origin.git\"",
                        directory,
                        repository)
                .ok();
        assertTrue(Tools.sh("make -C \"$1\" --no-print-directory install-hooks", repository)
                .ok()
                .out()
                .contains("hook of Git LFS"));
        String hook = Files.readString(repository.resolve(".git/hooks/pre-push"));
        assertTrue(hook.contains("git lfs pre-push") && hook.contains("scripts/pre-push"), hook);
        assertTrue(Tools.sh("make -C \"$1\" --no-print-directory install-hooks", repository)
                .ok()
                .out()
                .contains("already"));
        install(); // An update, which runs `git lfs install`, leaves the hook as it is.
        assertEquals(hook, Files.readString(repository.resolve(".git/hooks/pre-push")));

        Path database = lab.database("h.db", "delete", 50, "g");
        Tools.sh(
                        "cd \"$1\"; git add -A; git -c user.name=u -c user.email=u@example.org commit -q -m set-up",
                        repository)
                .ok();
        assertTrue(push(database).ok().err().contains("no backup of " + database + " has been committed yet"));
        // The commit is dated before the database was written, as it is when a checkpoint moves the file's time, or
        // after it: content decides.
        commitBackup(database, "2001-01-01T00:00:00Z");
        assertEquals("", push(database).ok().err());
        assertTrue(Tools.sh("cd \"$1\"; git lfs ls-files", directory.resolve("origin.git"))
                        .exitCode()
                >= 0);

        Lab.sql(database, "INSERT INTO t(generation) VALUES ('since')");
        Tools.sh(
                        "cd \"$1\"; git -c user.name=u -c user.email=u@example.org commit -q --allow-empty -m more",
                        repository)
                .ok();
        Tools.Ended warned = push(database).ok();
        assertTrue(warned.err().contains("has changed since its last committed backup"), warned.err());
        assertEquals(
                Tools.sh("git -C \"$1\" rev-parse HEAD", repository).ok().out(),
                Tools.sh("git -C \"$1/origin.git\" rev-parse main", directory)
                        .ok()
                        .out());

        Tools.sh(
                        "cd \"$1\"; git config sqlite-backup.blockPush true; git -c user.name=u -c "
                                + "user.email=u@example.org commit -q --allow-empty -m more",
                        repository)
                .ok();
        Tools.Ended stopped = push(database);
        assertEquals(1, stopped.exitCode());
        assertTrue(stopped.err().contains("blockPush"), stopped.err());
        commitBackup(database, "2001-01-02T00:00:00Z");
        assertEquals("", push(database).ok().err());
        cron("backup-db", "DB=" + database).ok();
        Lab.sql(database, "INSERT INTO t(generation) VALUES ('between backup and commit')");
        Tools.sh(
                        "cd \"$1\"; git add -A; GIT_COMMITTER_DATE=2099-01-01T00:00:00Z git -c user.name=u -c "
                                + "user.email=u@example.org commit -q --allow-empty -m late",
                        repository)
                .ok();
        assertEquals(1, push(database).exitCode());
        Tools.sh("cd \"$1\"; git config --unset sqlite-backup.blockPush", repository)
                .ok();
        // Without the variable, the database is the one that install-hooks was told.
        Tools.sh("make -C \"$1\" --no-print-directory install-hooks DB=\"$2\"", repository, database)
                .ok();
        Tools.Ended noted = Tools.sh(
                        "cd \"$1\"; TMPDIR=\"$2\" git push -q origin HEAD:main", repository, lab.temporary())
                .ok();
        assertTrue(noted.err().contains(database + " has changed"), noted.err());
        // On a branch without the script.
        Tools.sh(
                        "cd \"$1\"; git rm -q scripts/pre-push; git -c user.name=u -c user.email=u@example.org "
                                + "commit -q -m without",
                        repository)
                .ok();
        push(database).ok();
    }

    /** The line of docs/monitoring.md: silent while all is well, words and exit code 14 for cron to mail otherwise. */
    @Test
    void cronHearsWhenBackupsStop() throws IOException {
        install();
        Path database = lab.database("h.db", "delete", 50, "g");
        String line = Files.readAllLines(PROJECT.resolve("docs/monitoring.md")).stream()
                .filter(text -> text.contains("/sqlite-backup status "))
                .findFirst()
                .orElseThrow();
        String command = line.substring(line.indexOf("$HOME"))
                .replace("$HOME/.local/bin", "\"$1/scripts\"")
                .replace("$HOME/app.db", "\"$2\"")
                .replace("/mnt/nas/backups/", "\"$1/backups/\"");
        String cron = "cd /; env -i HOME=\"$3\" TMPDIR=\"$3/tmp\" JAVA_HOME=\"$4\" PATH=/usr/bin:/bin "
                + "sh -c '"
                + command + "' sh \"$1\" \"$2\"";
        Tools.Ended missing = Tools.sh(cron, repository, database, directory, System.getProperty("java.home"));
        assertEquals(14, missing.exitCode(), missing.err());
        assertTrue(missing.err().startsWith("error: there is no backup of h.db in "), missing.err());
        cron("backup-db", "DB=" + database, "TO=backups/").ok();
        lab.run("verify", repository.resolve("backups"), "--name=h.db").ok(); // As the weekly line does.
        Tools.Ended well = Tools.sh(cron, repository, database, directory, System.getProperty("java.home"))
                .ok();
        assertEquals("", well.out() + well.err());
    }

    @Test
    void hooksOfTheUsersStay() throws IOException {
        install();
        Path hook = repository.resolve(".git/hooks/pre-push");
        Files.createDirectories(hook.getParent());
        Lab.write(hook, "#!/bin/sh\necho mine\n");
        Tools.Ended ended = Tools.sh("make -C \"$1\" --no-print-directory install-hooks", repository)
                .ok();
        assertTrue(ended.out().contains("kept your own") && ended.out().contains("scripts/pre-push"), ended.out());
        assertEquals("#!/bin/sh\necho mine\n", Files.readString(hook));
        Files.delete(hook);
        assertTrue(Tools.sh("make -C \"$1\" --no-print-directory install-hooks", repository)
                .ok()
                .out()
                .contains("installed"));
        assertTrue(Files.isExecutable(hook));
        Path shared = Files.createDirectory(lab.path("shared hooks"));
        Tools.sh("git -C \"$1\" config core.hooksPath \"$2\"", repository, shared)
                .ok();
        assertTrue(Tools.sh("make -C \"$1\" --no-print-directory install-hooks", repository)
                .err()
                .contains("shared by several repositories"));
        assertFalse(Files.exists(shared.resolve("pre-push")));
    }

    /** As the user types it: the target of a history below backups/, from the repository. */
    @Test
    void aHistoryInADirectoryOfItsOwnGoesToGitLfsWithWhatItGainsAndLoses() throws IOException {
        Tools.require("git-lfs");
        Files.createDirectories(repository);
        Lab.write(
                repository.resolve(".gitattributes"),
                "backups/*.gz filter=lfs diff=lfs merge=lfs -text\n"); // As earlier versions installed it.
        install();
        assertEquals(
                "backups/*.gz filter=lfs diff=lfs merge=lfs -text\nbackups/**/*.gz filter=lfs diff=lfs "
                        + "merge=lfs -text\nscripts/sqlite-backup.jar filter=lfs diff=lfs merge=lfs -text\n",
                Files.readString(repository.resolve(".gitattributes")));
        Path database = lab.database("h.db", "delete", 30, "g");
        for (int i = 0; i < 3; i++) {
            Lab.sql(database, "INSERT INTO t(generation) VALUES ('" + i + "')");
            Tools.Ended made = cron("backup-db", "DB=" + database, "TO=backups/h/", "ARGS=--full --keep-last=2")
                    .ok();
            assertEquals("", made.err());
            Tools.sh("cd \"$1\"; git -c user.name=u -c user.email=u@example.org commit -qm backup", repository)
                    .ok();
        }
        assertEquals(
                "2",
                Tools.sh("cd \"$1\"; git lfs ls-files -n | grep -c '^backups/h/h-.*[.]gz$'", repository)
                        .ok()
                        .out()
                        .strip());
        assertEquals(
                "3",
                Tools.sh(
                                "cd \"$1\"; git log --format= --diff-filter=A --name-only -- backups/h | grep -c gz",
                                repository)
                        .ok()
                        .out()
                        .strip());
        assertEquals(
                "",
                Tools.sh("cd \"$1\"; git status --porcelain backups/h", repository)
                        .ok()
                        .out());
        Tools.sh(
                        "cd \"$1\"; git add backups; [ \"$(git check-attr filter backups/.gitkeep)\" = "
                                + "'backups/.gitkeep: filter: unspecified' ]",
                        repository)
                .ok();
    }

    @Test
    void aRunThatEndsWith16HasWhatItMadeStagedAndGoesOnToEndWith16() throws IOException {
        Tools.require("git-lfs");
        install();
        Path history = repository.resolve("backups/h");
        Path database = lab.database("h.db", "delete", 300, "g");
        Files.createDirectories(history);
        backup(database, history).ok();
        Lab.sql(database, "DELETE FROM t");
        Tools.Ended shrunk = backup(database, history).endsWith(16);
        assertTrue(shrunk.err().contains(" has shrunk from "), shrunk.err());
        assertEquals(
                "2",
                Tools.sh("cd \"$1\"; git diff --cached --name-only backups/h | wc -l", repository)
                        .ok()
                        .out()
                        .strip());
        assertEquals(
                2,
                cron("backup-db", "DB=" + database, "TO=backups/h/").exitCode(),
                "make has a code of its own for it");
        // Whatever goes wrong with the staging, it is the run's code that says how the database is.
        Tools.sh("touch \"$1/.git/index.lock\"", repository).ok();
        backup(database, history, "--busy-timeout=1s").endsWith(16);
        Tools.sh("rm \"$1/.git/index.lock\"; ls -A \"$2\" | grep -v sqlite-backup || true", repository, lab.temporary())
                .ok();
    }

    private Tools.Ended stage(Path database, Path file) {
        return lab.run("backup", database, "--to=" + file, "--stage").ok();
    }

    private void typeTheHint(Tools.Ended staged) {
        String hint = staged.err()
                .lines()
                .filter(line -> line.contains("; type: "))
                .findFirst()
                .orElseThrow(() -> new AssertionError(staged.err()));
        hint = hint.substring(hint.indexOf("; type: ") + "; type: ".length());
        Tools.sh("cd /; bash -c \"$1\"", hint).ok();
    }

    @Test
    void aLargeBackupThatGitLfsDoesNotTrackIsTrackedByTheLineThatTheHintNames() throws IOException {
        Tools.require("git-lfs");
        Path large = lab.database("large.db", "delete", 3, "g");
        Lab.sql(large, "INSERT INTO t(b) VALUES (randomblob(6000000))");
        for (String place : List.of("backups/h", "snap/one/more", "my backups", "")) {
            repository = lab.path("repo " + place.length());
            Tools.sh(
                            "git init -q \"$1\"; cd \"$1\"; git lfs install --local >/dev/null; mkdir -p "
                                    + "\"./$2\"; printf '*.png binary' >.gitattributes",
                            repository,
                            place)
                    .ok();
            Path file = repository.resolve(place).resolve("h it's.gz");
            Tools.Ended refused = stage(large, file);
            assertTrue(refused.err().contains("not staged: Git LFS does not track " + file), refused.err());
            typeTheHint(refused);
            assertEquals(
                    (place.isEmpty() ? "" : place + "/") + "h it's.gz\n",
                    Tools.sh("cd \"$1\"; git lfs ls-files -n", repository).ok().out());
            assertEquals("", stage(large, file).err(), "the line is there, and does what it was named for");
            assertTrue(Files.readString(repository.resolve(".gitattributes")).startsWith("*.png binary\n"));
        }
        // The line is there, and another one takes it back: to ask for it again would help nobody.
        repository = lab.path("repo 9");
        Tools.sh("cd \"$1\"; printf '*.gz -filter\\n' >>.gitattributes; git rm -q -f --cached -r backups", repository)
                .ok();
        Tools.Ended taken = stage(large, repository.resolve("backups/h/h it's.gz"));
        assertTrue(
                taken.err()
                        .contains("although .gitattributes says backups/**/*.gz filter=lfs diff=lfs merge=lfs "
                                + "-text, and another line takes that back; type: git "),
                taken.err());
        Tools.sh("cd /; bash -c \"$1\"", taken.err().substring(taken.err().lastIndexOf(": git ") + 2))
                .ok();
    }

    @Test
    void aPushWarnsOfADatabaseThatHasShrunk() throws IOException {
        Tools.require("git-lfs");
        install();
        Tools.sh(
                        "git init -q --bare \"$1/origin.git\"; git -C \"$2\" remote add origin \"$1/origin.git\"",
                        directory,
                        repository)
                .ok();
        Tools.sh("make -C \"$1\" --no-print-directory install-hooks", repository)
                .ok();
        Tools.sh(
                        "cd \"$1\"; git add -A; git -c user.name=u -c user.email=u@example.org commit -q -m set-up",
                        repository)
                .ok();
        Path database = lab.database("h.db", "delete", 300, "g");
        commitBackup(database, "2099-01-01T00:00:00Z");
        Lab.sql(database, "DELETE FROM t");
        assertEquals(2, cron("backup-db", "DB=" + database).exitCode());
        Tools.Ended warned = push(database).ok();
        assertTrue(
                warned.err()
                        .contains("warning: " + database + " has shrunk since its last backup\nhint: see what to do: "),
                warned.err());
        // It says so although the files look as they did, and the hint leads to what to type.
        Tools.Ended typed = Tools.sh(
                "cd /; export TMPDIR=\"$2\"; bash -c \"$1\"",
                warned.err()
                        .substring(warned.err().indexOf("what to do: ") + "what to do: ".length())
                        .lines()
                        .findFirst()
                        .orElseThrow(),
                lab.temporary());
        assertTrue(typed.exitCode() == 14 && typed.err().contains("if something was lost: "), typed.err());

        // In a history the run has made a backup, which is not committed: the hook says it all the same.
        Tools.sh(
                        "make -C \"$1\" --no-print-directory install-hooks DB=\"$2\" TO=\"$1/backups/h/\"",
                        repository,
                        database)
                .ok();
        Lab.sql(
                database,
                "INSERT INTO t(generation, b) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                        + "WHERE i < 300) SELECT 'g', hex(randomblob(500)) FROM n");
        cron("backup-db", "DB=" + database, "TO=backups/h/").ok();
        Lab.sql(database, "DELETE FROM t");
        assertEquals(2, cron("backup-db", "DB=" + database, "TO=backups/h/").exitCode());
        Tools.sh(
                        "cd \"$1\"; git -c user.name=u -c user.email=u@example.org commit -q --allow-empty -m more",
                        repository)
                .ok();
        Tools.Ended history = Tools.sh(
                        "cd \"$1\"; TMPDIR=\"$2\" git push -q origin HEAD:main", repository, lab.temporary())
                .ok();
        assertTrue(history.err().contains("has shrunk since its last backup"), history.err());
    }

    @Test
    void passShellcheck() {
        Tools.require("shellcheck");
        Tools.sh(
                        "cd \"$1/scripts\"; shellcheck sqlite-backup *.sh install install-into pre-push "
                                + "install-hooks",
                        PROJECT)
                .ok();
    }

    @Test
    void buildTheJarWhenItIsMissing() throws IOException {
        Tools.require("mvn");
        Tools.sh("cd \"$1\"; mkdir \"$2/clone\"; cp -r pom.xml src scripts \"$2/clone/\"", PROJECT, directory)
                .ok();
        Tools.Ended ended = Tools.sh(
                        "cd /; env -i HOME=\"$HOME\" PATH=\"$PATH\" JAVA_HOME=\"$2\" "
                                + "\"$1/clone/scripts/sqlite-backup\" --version",
                        directory,
                        System.getProperty("java.home"))
                .ok();
        assertTrue(ended.out().matches("sqlite-backup \\d+\\.\\d+\\.\\d+\n"), ended.out());
    }

    /** A Java of which the archive cannot be made: one that is asked for it ends with an error. */
    private Path javaWithoutArchives() throws IOException {
        Path java = Files.createDirectories(directory.resolve("other java/bin")).resolve("java");
        Files.writeString(
                java,
                "#!/bin/bash\necho \"$*\" >>\"" + directory + "/asked\"\n"
                        + "case \" $* \" in *' -Xshare:dump '*) exit 1 ;; esac\nexec \"" + Lab.JAVA + "\" \"$@\"\n");
        assertTrue(java.toFile().setExecutable(true));
        return java;
    }

    /**
     * The archive of classes is made once, in an instant: it is whole, or empty where Java makes none, and nothing else
     * is left, neither here nor in the user's directories.
     */
    @Test
    void theArchiveOfClassesIsMadeOnceAndNothingElseIsLeft() throws IOException {
        Path app = Files.createDirectories(directory.resolve("it's an app"));
        Tools.sh("cp \"$1/target/sqlite-backup.jar\" \"$1/scripts/sqlite-backup\" \"$2/\"", PROJECT, app)
                .ok();
        Path abandoned = Files.createDirectory(app.resolve(".sqlite-backup-jsa.killed"));
        assertTrue(abandoned.toFile().setLastModified(0));
        for (Path home : List.of(
                Path.of(Lab.JAVA).getParent().getParent(),
                javaWithoutArchives().getParent().getParent())) {
            for (int start = 0; start < 2; start++) {
                assertTrue(Tools.sh(
                                "cd /; env -i HOME=\"$1\" PATH=/usr/bin:/bin JAVA_HOME=\"$2\" \"$3/sqlite-backup\" --version",
                                directory,
                                home,
                                app)
                        .ok()
                        .out()
                        .startsWith("sqlite-backup "));
            }
        }
        // Java would crash over one that is cut.
        Tools.Ended healed = Tools.sh(
                        "cd \"$1\"; archive=$(find . -name '*.jsa' -size +0); head -c 10000000 \"$archive\" >cut; mv -f cut "
                                + "\"$archive\"; env -i HOME=\"$2\" PATH=/usr/bin:/bin JAVA_HOME=\"$3\" ./sqlite-backup --version",
                        app,
                        directory,
                        Path.of(Lab.JAVA).getParent().getParent())
                .ok();
        assertTrue(healed.out().startsWith("sqlite-backup "), healed.out());
        assertEquals(
                1,
                Files.readAllLines(directory.resolve("asked")).stream()
                        .filter(line -> line.contains("-Xshare:dump"))
                        .count(),
                "not asked again for what it cannot make");
        try (Stream<Path> left = Files.list(app)) {
            assertEquals(
                    List.of("sqlite-backup", "sqlite-backup.jar", "whole.jsa", "empty.jsa"),
                    left.sorted(Comparator.comparing(
                                            (Path file) -> file.toString().endsWith(".jsa"))
                                    .thenComparing(file -> file.toString().endsWith(".jsa")
                                            ? -file.toFile().length()
                                            : 0L)
                                    .thenComparing(Path::toString))
                            .map(file -> !file.toString().endsWith(".jsa")
                                    ? file.getFileName().toString()
                                    : file.toFile().length() == 0 ? "empty.jsa" : "whole.jsa")
                            .toList());
        }
        assertFalse(Files.exists(directory.resolve(".local")), "no note of a place that is gone");
    }

    @Test
    void demoProvesWhatItSays() {
        Tools.Ended ended = Tools.sh(
                        "cd \"$1\"; \"$2\" -cp target/sqlite-backup.jar scripts/Demo.java target/sqlite-backup.jar",
                        PROJECT,
                        Lab.JAVA)
                .ok();
        assertTrue(ended.out().contains("Proved: ") && ended.out().contains("0 errors"), ended.out());
        assertFalse(ended.out().contains("Exception"));
    }

    /** What `make install` does once the jar is built: the pages are picocli's and Asciidoctor's. */
    @Test
    void installedItIsOnThePathWithCompletionAndManualPagesAndGoesAgain() throws IOException {
        Tools.require("mvn", "man", "zsh");
        Tools.sh("cd \"$1\"; mvn -B -q -Dstyle.color=never -P man exec:java@write exec:java@convert", PROJECT)
                .ok();
        Path prefix = directory.resolve("a prefix");
        Lab.write(Files.createDirectories(prefix.resolve("bin")).resolve("another"), "somebody else's\n");
        Tools.Ended installed = installBelow(prefix).ok();
        assertTrue(installed.out().contains("hint: " + prefix + "/bin is not on the PATH"), installed.out());
        Path database = lab.database("app.db", "wal", 20, "g");
        Tools.Ended backup = Tools.sh(
                        "cd /; export PATH=\"$1/bin:$PATH\" HOME=\"$2\"; sqlite-backup backup \"$3\" --to=\"$2/b.gz\"; "
                                + "sqlite-backup verify \"$2/none.gz\" || true",
                        prefix,
                        directory,
                        database)
                .ok();
        assertTrue(backup.out().startsWith("backed up "), backup.out());
        String page = Tools.sh("MANPATH=\"$1/share/man\" MANWIDTH=100 man sqlite-backup-restore | col -b", prefix)
                .ok()
                .out();
        assertTrue(page.contains("NAME") && page.contains("--live"), page);
        assertEquals(
                "--live\n",
                Tools.sh(
                                "compopt() { :; }; source \"$1/share/bash-completion/completions/sqlite-backup\"; COMP_WORDS=(sqlite-backup "
                                        + "restore --li); COMP_CWORD=2; COMP_LINE='sqlite-backup restore --li'; "
                                        + "_complete_sqlite-backup; printf '%s\\n' \"${COMPREPLY[@]}\"",
                                prefix)
                        .ok()
                        .out());
        // bash takes it apart at the =.
        assertEquals(
                database + "\n",
                Tools.sh(
                                "compopt() { :; }; source \"$1/share/bash-completion/completions/sqlite-backup\"; COMP_WORDS=(sqlite-backup "
                                        + "list --name = x \"$2/app\"); COMP_CWORD=5; COMP_LINE=\"sqlite-backup list --name=x $2/app\"; "
                                        + "_complete_sqlite-backup; printf '%s\\n' \"${COMPREPLY[@]}\"",
                                prefix, directory)
                        .ok()
                        .out());
        assertEquals(
                database + "\n",
                Tools.sh(
                                "compopt() { :; }; source \"$1/share/bash-completion/completions/sqlite-backup\"; COMP_WORDS=(sqlite-backup "
                                        + "backup --to = \"$2/app\"); COMP_CWORD=4; COMP_LINE=\"sqlite-backup backup --to=$2/app\"; "
                                        + "_complete_sqlite-backup; printf '%s\\n' \"${COMPREPLY[@]}\"",
                                prefix, directory)
                        .ok()
                        .out());
        // A name is a name, and nothing to run.
        Tools.sh(
                        "cd \"$2\"; mkdir names; cd names; mkdir '$(touch pwned)'; compopt() { :; }; source "
                                + "\"$1/share/bash-completion/completions/sqlite-backup\"; COMP_WORDS=(sqlite-backup list ''); "
                                + "COMP_CWORD=2; COMP_LINE='sqlite-backup list '; _complete_sqlite-backup; [ ! -e pwned ]; "
                                + "[ \"${COMPREPLY[0]}\" = '$(touch pwned)' ]",
                        prefix,
                        directory)
                .ok();
        Tools.sh(
                        "zsh -fc 'fpath=($1/share/zsh/site-functions $fpath); autoload -Uz compinit; compinit -D -u; "
                                + "[[ $_comps[sqlite-backup] == _sqlite-backup ]]' zsh \"$1\"",
                        prefix)
                .ok();
        Tools.sh("HOME=\"$3\" \"$1/scripts/install\" --uninstall \"$2\"", PROJECT, prefix, directory)
                .ok();
        try (Stream<Path> left = Files.walk(prefix)) {
            assertEquals(
                    List.of(prefix, prefix.resolve("bin"), prefix.resolve("bin/another")),
                    left.sorted().toList());
        }
        assertEquals(
                10,
                Tools.sh("\"$1/scripts/install\" --uninstall \"$2\"", PROJECT, prefix)
                        .exitCode());
        for (String wrong : List.of("--uninstal", "one two")) {
            Tools.Ended refused = Tools.sh("cd \"$2\"; \"$1/scripts/install\" " + wrong, PROJECT, lab.temporary());
            assertEquals(2, refused.exitCode(), refused.err());
            assertEquals(List.of(), lab.litter(), wrong);
        }
        Lab.write(prefix.resolve("bin/sqlite-backup"), "another program\n");
        assertEquals(1, installBelow(prefix).exitCode());
        assertEquals("another program\n", Files.readString(prefix.resolve("bin/sqlite-backup")));
    }

    private Tools.Ended installBelow(Path prefix) {
        return Tools.sh("HOME=\"$3\" \"$1/scripts/install\" \"$2\"", PROJECT, prefix, directory);
    }

    /** Of a repository that was set up: it backs nothing up, and says what there is. */
    @Test
    void aBareMakeListsTheTargetsAndTheyWork() {
        install();
        Path database = lab.database("app.db", "wal", 20, "g");
        Tools.Ended listed =
                Tools.sh("cd \"$1\"; make --no-print-directory", repository).ok();
        for (String target :
                List.of("backup-db", "push-db", "restore-db", "undo-db", "list-db", "verify-db", "status-db")) {
            assertTrue(listed.out().contains("make " + target + " "), listed.out());
        }
        assertFalse(Files.exists(repository.resolve("backups/app.db.gz")));
        cron("backup-db", "DB=" + database).ok();
        assertTrue(cron("verify-db", "DB=" + database).ok().out().startsWith("verified: "));
        assertTrue(cron("list-db", "DB=" + database).ok().out().contains("app.db.gz"));
        assertTrue(cron("status-db", "DB=" + database).ok().out().startsWith("fresh: "));
        Lab.sql(database, "UPDATE t SET generation = 'later'");
        cron("restore-db", "DB=" + database, "ARGS=--yes").ok();
        assertEquals("g", Lab.query(database, "SELECT min(generation) FROM t"));
        cron("undo-db", "DB=" + database).ok();
        assertEquals("later", Lab.query(database, "SELECT min(generation) FROM t"));
        cron("backup-db", "DB=" + database, "TO=backups/h/").ok();
        cron("restore-db", "DB=" + database, "FROM=backups/h/", "AT=1h").endsWith(2);
        cron("restore-db", "DB=" + database, "FROM=backups/h/", "AT=0s").ok();
        assertTrue(install().out().contains("commit what was added"), "it was not yet");
        Tools.sh(
                        "git init -q --bare \"$1/origin.git\"; cd \"$2\"; git remote add origin \"$1/origin.git\"; git add .; "
                                + "git -c user.name=u -c user.email=u@example.org commit -qm set-up",
                        directory,
                        repository)
                .ok();
        assertFalse(install().out().contains("commit what was added"));
        assertTrue(cron("push-db", "DB=" + database, "TO=backups/h/").ok().out().contains(", pushed to origin/"));
        assertTrue(cron("status-db", "DB=" + database, "TO=backups/h/", "ARGS=--pushed")
                .ok()
                .out()
                .startsWith("fresh: "));
    }

    @Test
    void helpListsTheTargets() {
        String help =
                Tools.sh("make -C \"$1\" --no-print-directory", PROJECT).ok().out();
        for (String target :
                List.of("backup-db", "restore-db", "test", "demo", "install", "uninstall", "install-into")) {
            assertTrue(help.contains("make " + target + " "), help);
        }
    }
}
