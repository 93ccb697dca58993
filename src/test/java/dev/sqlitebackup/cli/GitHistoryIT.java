package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.sqlitebackup.Times;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Git as a history of a single backup file, with real Git and real Git LFS. */
class GitHistoryIT {
    @TempDir
    Path directory;

    private Lab lab;
    private Path database;

    @BeforeEach
    void makeRepository() {
        Tools.require("git", "git-lfs");
        lab = new Lab(directory);
        Tools.sh(
                        "cd \"$1\"; git init -q repo; cd repo; git config user.name u; git config user.email "
                                + "u@example.org; mkdir backups",
                        directory)
                .ok();
        database = lab.database("app.db", "delete", 20, "none");
    }

    private void useLfs() {
        Tools.sh(
                        "cd \"$1/repo\"; git lfs install --local; echo 'backups/**/*.gz filter=lfs diff=lfs "
                                + "merge=lfs -text' > .gitattributes",
                        directory)
                .ok();
    }

    private void commit(String name, String generation, String time) {
        Lab.sql(database, "UPDATE t SET generation = '" + generation + "'");
        lab.json(0, "backup", database, "--to=repo/backups/" + name);
        Tools.sh("cd \"$1/repo\"; git add -A; GIT_COMMITTER_DATE=\"$2\" git commit -q -m backup", directory, time)
                .ok();
    }

    private String restored(String name, String at) {
        lab.json(0, "restore", "repo/backups/" + name, "--at=" + at, "--to=restored.db");
        return Lab.query(lab.path("restored.db"), "SELECT min(generation) || max(generation) FROM t");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void bringsBackTheVersionOfTheNewestCommitThatIsNotAfterTheTime(boolean lfs) throws IOException {
        if (lfs) {
            useLfs();
        }
        commit("a b.gz", "1", "2026-11-01T12:00:00Z");
        commit("a b.gz", "2", "2026-11-02T12:00:00Z");
        commit("a b.gz", "3", "2026-11-03T12:00:00+02:00");
        assertEquals("11", restored("a b.gz", "2026-11-02T11:59:59Z"));
        assertEquals("22", restored("a b.gz", "2026-11-02T12:00:00Z"));
        assertEquals("33", restored("a b.gz", "2026-11-03T10:00:00Z"));
        assertEquals("33", restored("a b.gz", "0s"));
        JsonObject none = lab.json(10, "restore", "repo/backups/a b.gz", "--at=2026-10-31", "--to=restored.db");
        assertTrue(
                none.get("message").getAsString().contains(Times.local(Instant.parse("2026-11-01T12:00:00Z"))),
                none.toString());

        JsonArray list =
                lab.json(0, "list", "repo/backups/a b.gz").get("backups").getAsJsonArray();
        assertEquals(
                List.of("2026-11-03T10:00:00Z", "2026-11-02T12:00:00Z", "2026-11-01T12:00:00Z"),
                list.asList().stream()
                        .map(entry -> entry.getAsJsonObject().get("createdAt").getAsString())
                        .toList());
        assertEquals(
                Files.size(lab.path("repo/backups/a b.gz")),
                list.get(0).getAsJsonObject().get("backupBytes").getAsLong());
        assertTrue(list.get(0).getAsJsonObject().get("databaseBytes").isJsonNull());
        JsonObject verified = lab.json(0, "verify", "repo/backups/a b.gz", "--at=2026-11-02");
        assertEquals(list.get(1).getAsJsonObject().get("commit"), verified.get("commit"));
        assertEquals(list.get(1).getAsJsonObject().get("backupBytes"), verified.get("backupBytes"));

        // A backup that is not committed yet is listed before the commits; without --at it is what is restored.
        Lab.sql(database, "UPDATE t SET generation = '4'");
        lab.json(0, "backup", database, "--to=repo/backups/a b.gz");
        JsonObject first = lab.json(0, "list", "repo/backups/a b.gz")
                .get("backups")
                .getAsJsonArray()
                .get(0)
                .getAsJsonObject();
        assertFalse(first.has("commit"));
        assertEquals(Files.size(database), first.get("databaseBytes").getAsLong());
        lab.json(0, "restore", "repo/backups/a b.gz", "--to=restored.db");
        assertEquals("44", Lab.query(lab.path("restored.db"), "SELECT min(generation) || max(generation) FROM t"));
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void knowsWhatWasDeletedAndFollowsNobodyElsesGitVariables() throws IOException {
        commit("b.gz", "1", "2026-11-01T12:00:00Z");
        Tools.sh(
                        "cd \"$1/repo\"; git rm -q backups/b.gz; GIT_COMMITTER_DATE=2026-11-05T12:00:00Z git "
                                + "commit -q -m gone; mkdir -p backups",
                        directory)
                .ok();
        assertEquals("11", restored("b.gz", "2026-11-06"));
        assertEquals(
                1,
                lab.json(0, "list", "repo/backups/b.gz")
                        .get("backups")
                        .getAsJsonArray()
                        .size());
        Tools.Ended hook = Tools.sh(
                        "cd \"$1\"; GIT_DIR=/nowhere GIT_INDEX_FILE=/nowhere TMPDIR=\"$1/tmp\" \"$2\" -jar "
                                + "\"$3\" list repo/backups/b.gz",
                        directory,
                        Lab.JAVA,
                        Lab.JAR)
                .ok();
        assertTrue(hook.out().contains("commit "), hook.out());
    }

    private void git(String script, Object... arguments) {
        Tools.sh(
                        "cd \"$1/repo\"; " + script,
                        Stream.concat(Stream.of(directory), Stream.of(arguments))
                                .toArray())
                .ok();
    }

    private void branchCommit(String branch, String generation, String time) {
        git("git checkout -q " + branch);
        commit("b.gz", generation, time);
    }

    @Test
    void seesWhatMergesHide() throws IOException {
        commit("b.gz", "1", "2026-11-01T12:00:00Z");
        git("git branch -m main; git branch side");
        branchCommit("main", "2", "2026-11-03T12:00:00Z");
        branchCommit("side", "3", "2026-11-05T12:00:00Z");
        git("git checkout -q main; GIT_COMMITTER_DATE=2026-11-07T12:00:00Z git merge -q -s ours -m merge side");
        assertEquals(
                "33", restored("b.gz", "2026-11-06"), "the newest commit that is not after it, on whichever branch");
        assertEquals("22", restored("b.gz", "2026-11-08"));
        // A backup made in the merge itself.
        git("git checkout -q side; git checkout -q -b other; GIT_COMMITTER_DATE=2026-11-08T12:00:00Z git "
                + "commit -q --allow-empty -m x; git checkout -q main; git merge -q --no-commit -s ours other");
        commit("b.gz", "4", "2026-11-10T12:00:00Z");
        assertEquals("44", restored("b.gz", "2026-11-11"));
        assertEquals(
                "2026-11-10T12:00:00Z",
                lab.json(0, "list", "repo/backups/b.gz")
                        .get("backups")
                        .getAsJsonArray()
                        .get(0)
                        .getAsJsonObject()
                        .get("createdAt")
                        .getAsString());
    }

    @Test
    void saysSoWhenGitRefusesAndHelpsWhenTheDirectoryIsGone() throws IOException {
        commit("b.gz", "1", "2026-11-01T12:00:00Z");
        Files.createSymbolicLink(lab.path("latest.gz"), lab.path("repo/backups/b.gz"));
        assertTrue(lab.json(0, "list", "latest.gz")
                .get("backups")
                .getAsJsonArray()
                .get(0)
                .getAsJsonObject()
                .has("commit"));
        git("rm -r backups");
        assertEquals("11", restored("b.gz", "0s"));
        assertTrue(lab.json(10, "restore", "repo/backups/b.gz", "--to=x.db")
                .get("hint")
                .getAsString()
                .contains("--at=0s"));
        Tools.requireRoot();
        git("chown -R nobody .");
        JsonObject refused = lab.json(1, "restore", "repo/backups/b.gz", "--at=0s", "--to=x.db");
        assertTrue(refused.get("message").getAsString().contains("git could not tell"), refused.toString());
    }

    @Test
    void saysThatTheObjectHasToBeFetchedFirst() throws IOException {
        useLfs();
        commit("b.gz", "1", "2026-11-01T12:00:00Z");
        commit("b.gz", "2", "2026-11-02T12:00:00Z");
        Tools.sh("rm -r \"$1/repo/.git/lfs/objects\"", directory).ok();
        JsonObject missing = lab.json(10, "restore", "repo/backups/b.gz", "--at=2026-11-01", "--to=" + database);
        assertTrue(missing.get("hint").getAsString().contains("lfs fetch --all"), missing.toString());
        assertEquals("22", Lab.query(database, "SELECT min(generation) || max(generation) FROM t"));
        Tools.Ended pointer = Tools.sh(
                "cd \"$1\"; GIT_LFS_SKIP_SMUDGE=1 TMPDIR=\"$1/tmp\" \"$2\" -jar \"$3\" verify repo/backups/b.gz "
                        + "--at=2026-11-01",
                directory,
                Lab.JAVA,
                Lab.JAR);
        assertEquals(10, pointer.exitCode());
        assertTrue(
                pointer.err().contains("only a Git LFS pointer")
                        && pointer.err().contains("lfs fetch --all"),
                pointer.err());
    }

    @Test
    void aFileThatGitDoesNotKnowIsItsOwnHistory() {
        lab.json(0, "backup", database, "--to=repo/backups/b.gz");
        assertEquals(
                1,
                lab.json(0, "list", "repo/backups/b.gz")
                        .get("backups")
                        .getAsJsonArray()
                        .size());
        assertEquals("nonenone", restored("b.gz", "0s"));
        lab.json(10, "restore", "repo/backups/b.gz", "--at=2001-01-01", "--to=restored.db");
        lab.json(0, "backup", database, "--to=plain.gz");
        lab.json(0, "verify", "plain.gz", "--at=0s");
    }

    @Test
    void theEndOfAShallowCloneIsNotTakenForTheFirstCommit() {
        commit("a.gz", "1", "2026-11-01T12:00:00Z");
        commit("a.gz", "2", "2026-11-02T12:00:00Z");
        commit("a.gz", "3", "2026-11-03T12:00:00Z");
        Tools.sh("cd \"$1\"; git clone -q --depth 2 \"file://$1/repo\" shallow", directory)
                .ok();
        JsonObject tooOld = lab.json(10, "restore", "shallow/backups/a.gz", "--at=2026-11-01", "--to=restored.db");
        assertTrue(tooOld.get("hint").getAsString().contains("shallow/backups' fetch --unshallow"), tooOld.toString());
        assertFalse(tooOld.get("message").getAsString().contains("first committed"), tooOld.toString());
        JsonObject list = lab.json(0, "list", "shallow/backups/a.gz");
        assertEquals(2, list.get("backups").getAsJsonArray().size());
        assertTrue(
                list.get("warnings")
                        .getAsJsonArray()
                        .get(0)
                        .getAsString()
                        .contains("shallow/backups' fetch --unshallow"),
                list.toString());

        Tools.sh("cd \"$1/shallow\"; git fetch -q --unshallow", directory).ok();
        assertEquals(
                0,
                lab.run("restore", "shallow/backups/a.gz", "--at=2026-11-01", "--to=restored.db")
                        .exitCode());
        assertEquals("1", Lab.query(lab.path("restored.db"), "SELECT max(generation) FROM t"));
        assertFalse(lab.json(0, "list", "shallow/backups/a.gz").has("warnings"));
    }
}
