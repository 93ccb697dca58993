package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.sun.net.httpserver.HttpServer;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code backup --push} and what {@code status} says of Git, with real repositories, a real remote and Git LFS. */
class GitPushIT {
    private static final String AS_USER = "-c user.name=u -c user.email=u@example.org";

    @TempDir
    Path directory;

    private Lab lab;
    private Path repository;
    private Path database;

    @BeforeEach
    void makeARepositoryWithARemote() {
        Tools.require("git", "git-lfs");
        lab = new Lab(directory);
        repository = lab.path("my repo");
        database = lab.database("h.db", "wal", 300, "g");
        Tools.sh(
                        "git init -q -b main --bare \"$1/origin.git\"; git init -q -b main \"$2\"; cd \"$2\"; git lfs "
                                + "install --local >/dev/null; mkdir backups; echo 'backups/**/*.gz filter=lfs "
                                + "diff=lfs merge=lfs -text' >.gitattributes; echo '.*.state' >.gitignore; echo 1 "
                                + ">notes; git add -A; git " + AS_USER + " commit -qm start; git remote add origin "
                                + "\"$1/origin.git\"; git push -q -u origin main",
                        directory,
                        repository)
                .ok();
    }

    private String git(Path where, String script, Object... more) {
        Object[] arguments = new Object[more.length + 1];
        arguments[0] = where;
        System.arraycopy(more, 0, arguments, 1, more.length);
        return Tools.sh("cd \"$1\"; shift; " + script, arguments).ok().out();
    }

    private JsonObject push(int exitCode, Object... more) {
        Object[] words = new Object[more.length + 4];
        words[0] = "backup";
        words[1] = database;
        words[2] = "--to=" + repository + "/backups/h/";
        words[3] = "--push";
        System.arraycopy(more, 0, words, 4, more.length);
        return lab.json(exitCode, words);
    }

    private JsonObject status(int exitCode, Object... more) {
        Object[] words = new Object[more.length + 3];
        words[0] = "status";
        words[1] = database;
        words[2] = "--to=" + repository + "/backups/h/";
        System.arraycopy(more, 0, words, 3, more.length);
        return lab.json(exitCode, words);
    }

    private void write(String value) {
        Lab.sql(database, "INSERT INTO t(generation) VALUES ('" + value + "')");
    }

    /** Somebody else's clone of the remote, in which all of a history is proven. */
    private Path cloneAndVerify(int backups) {
        Path clone = lab.path("clone " + System.nanoTime());
        Tools.sh("git clone -q \"$1/origin.git\" \"$2\"", directory, clone).ok();
        lab.json(0, "verify", clone + "/backups/h/");
        assertEquals(
                backups,
                lab.json(0, "list", clone + "/backups/h/")
                        .getAsJsonArray("backups")
                        .size());
        return clone;
    }

    @Test
    void pushesJustTheBackupAndTouchesNeitherTheIndexNorTheWorkTree() {
        git(
                repository,
                "echo staged >staged; git add staged; echo changed >notes; echo new >untracked; echo 2 >both; git add "
                        + "both; echo 3 >both");
        String before = git(repository, "git status --porcelain; git diff; git diff --cached");
        JsonObject pushed = push(0);
        assertEquals("origin/main", pushed.get("pushedTo").getAsString());
        assertEquals(before, git(repository, "git status --porcelain; git diff; git diff --cached"));
        String name = Path.of(pushed.get("backup").getAsString()).getFileName().toString();
        assertEquals(
                "A\tbackups/h/" + name + "\n",
                git(repository, "git diff-tree -r --name-status --no-commit-id origin/main"));
        assertTrue(
                git(repository, "git log -1 --format=%B").startsWith("Back up h.db of "),
                "the message says what changed");
        write("more");
        push(0, "--full", "--keep-last=1");
        String deleted = git(repository, "git diff-tree -r --no-renames --name-status --no-commit-id origin/main");
        assertTrue(
                deleted.contains("D\tbackups/h/" + name + "\n")
                        && deleted.lines().count() == 2,
                deleted);
        assertEquals(before, git(repository, "git status --porcelain; git diff; git diff --cached"));
        cloneAndVerify(1);
        assertTrue(push(0).get("unchanged").getAsBoolean());
        assertEquals("3\n", git(repository, "git rev-list --count HEAD"), "nothing to say, no commit");
    }

    @Test
    void aRejectedPushGoesOnTopOfTheirsAndNothingHereFollows() {
        push(0);
        Path other = cloneAndVerify(1);
        for (int i = 0; i < 3; i++) {
            git(
                    other,
                    "git pull -q --rebase; echo " + i + " >theirs; git add theirs; git " + AS_USER
                            + " commit -qm theirs; git push -q");
            git(repository, "echo mine" + i + " >mine; git add mine");
            write("here " + i);
            push(0);
            assertEquals("A  mine\n", git(repository, "git status --porcelain"));
            assertFalse(Files.exists(repository.resolve("theirs")));
            assertEquals(i + "\n", git(repository, "git show origin/main:theirs"), "theirs is still there");
        }
        cloneAndVerify(4);
        assertTrue(status(0, "--pushed").get("pushed").getAsBoolean());
        // And the branch here takes it in without a conflict, whichever way.
        git(
                repository,
                "git reset -q; git branch merged; git " + AS_USER + " pull -q --rebase; git " + AS_USER
                        + " diff --exit-code origin/main");
        git(
                repository,
                "git checkout -q merged; git " + AS_USER + " merge -q origin/main; git diff --exit-code "
                        + "origin/main");
    }

    @Test
    void aPushThatFailsRingsAndTheNextOneTakesAllOfItAlong() throws IOException {
        push(0);
        Files.move(directory.resolve("origin.git"), directory.resolve("away.git"));
        write("while it is away");
        List<String> heard = new CopyOnWriteArrayList<>();
        HttpServer monitor = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        monitor.createContext("/", exchange -> {
            heard.add(exchange.getRequestURI().getPath());
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        monitor.start();
        JsonObject failed =
                push(1, "--ping=http://127.0.0.1:" + monitor.getAddress().getPort() + "/mine");
        monitor.stop(0);
        assertTrue(
                failed.get("message").getAsString().contains("but not pushed: "),
                failed.get("message").getAsString());
        assertFalse(failed.get("unchanged").getAsBoolean(), "the backup is made");
        assertEquals(List.of("/mine/fail"), heard);
        JsonObject waiting = status(14, "--pushed", "--max-age=0s");
        assertTrue(waiting.get("committed").getAsBoolean()
                && !waiting.get("pushed").getAsBoolean());
        assertEquals("stale", waiting.get("state").getAsString());
        status(0, "--pushed", "--max-age=1h");
        write("still away");
        push(1);
        Files.move(directory.resolve("away.git"), directory.resolve("origin.git"));
        Path other = lab.path("other");
        git(
                directory,
                "git clone -q origin.git other; cd other; echo 1 >theirs; git add theirs; git " + AS_USER
                        + " commit -qm theirs; git push -q");
        push(0);
        assertTrue(Files.exists(other));
        cloneAndVerify(3);
        assertTrue(status(0, "--pushed").get("pushed").getAsBoolean());
    }

    @Test
    void nobodysVersionOfABackupIsOverwritten() {
        String to = "--to=" + repository + "/backups/h.db.gz";
        lab.json(0, "backup", database, to, "--push");
        git(directory, "git clone -q origin.git other");
        Path theirs = lab.database("other/h.db", "delete", 400, "theirs");
        lab.json(0, "backup", theirs, "--to=" + directory + "/other/backups/h.db.gz", "--push", "--name=h.db");
        write("mine");
        JsonObject refused = lab.json(1, "backup", database, to, "--push");
        assertTrue(
                refused.get("message").getAsString().contains("somebody else has pushed another backups/h.db.gz"),
                refused.get("message").getAsString());
        git(directory, "cd other; git fetch -q; git diff --exit-code origin/main");
    }

    @Test
    void statusSaysHowFarGitHasTakenIt() {
        lab.json(0, "backup", database, "--to=" + repository + "/backups/h/");
        assertFalse(status(0).has("committed"), "nothing there is tracked");
        JsonObject untracked = status(14, "--pushed");
        assertTrue(untracked.get("message").getAsString().contains("is not tracked by Git"));
        lab.json(0, "backup", database, "--to=outside/");
        String outside = lab.json(14, "status", database, "--to=outside/", "--pushed")
                .get("hint")
                .getAsString();
        assertTrue(outside.startsWith("its place is in no Git repository"), outside);
        lab.json(0, "backup", database, "--to=" + repository + "/backups/h/", "--stage");
        assertFalse(status(0).get("committed").getAsBoolean());
        assertTrue(lab.run("status", database, "--to=" + repository + "/backups/h/")
                .ok()
                .out()
                .contains("in Git the backup is not committed"));
        git(repository, "git " + AS_USER + " commit -qm backup");
        JsonObject committed = status(0);
        assertTrue(committed.get("committed").getAsBoolean()
                && !committed.get("pushed").getAsBoolean());
        status(14, "--pushed", "--max-age=0s");
        git(repository, "git push -q");
        assertTrue(status(0, "--pushed").get("pushed").getAsBoolean());
    }

    /** Cron's user has told Git nothing; a fresh repository has no upstream, no commit and no hook of Git LFS. */
    @Test
    void needsNoIdentityNoUpstreamNoCommitAndNoHook() throws IOException {
        Path fresh = lab.path("fresh");
        git(
                directory,
                "git init -q -b main fresh; cd fresh; git lfs install --local --skip-repo >/dev/null; git init -q "
                        + "--bare -b main ../second.git; git remote add origin ../second.git; mkdir backups; echo "
                        + "'*.gz filter=lfs diff=lfs merge=lfs -text' >.gitattributes");
        Tools.Ended pushed = lab.with(Map.of("HOME", directory.toString(), "GIT_CONFIG_NOSYSTEM", "1"))
                .run("backup", database, "--to=" + fresh + "/backups/h.db.gz", "--push");
        assertTrue(pushed.ok().out().contains(", pushed to origin/main"), pushed.out() + pushed.err());
        git(directory, "git clone -q second.git third; cd third; git lfs pull; test -s backups/h.db.gz");
        assertEquals(
                "1\n",
                git(directory, "find second.git/lfs/objects -type f | wc -l"),
                "the backup itself arrived, and not the pointer alone");
    }

    @Test
    void whatGitCannotDoIsNoSuccess() throws IOException {
        git(repository, "git checkout -q --detach");
        assertTrue(push(1).get("message").getAsString().contains("no branch is checked out"));
        git(repository, "git checkout -q main; touch .git/index.lock");
        write("locked");
        assertTrue(push(11, "--busy-timeout=1s").get("message").getAsString().contains("index.lock"));
        git(repository, "rm .git/index.lock; git remote remove origin");
        assertTrue(push(1).get("message").getAsString().contains("has no remote"));
        JsonObject nowhere = lab.json(2, "backup", database, "--to=" + directory + "/plain/", "--push");
        assertTrue(nowhere.get("message").getAsString().contains("needs a destination in a Git repository"));
        assertFalse(Files.exists(directory.resolve("plain")), "nothing was made");
        git(repository, "git remote add origin \"$1/origin.git\"", directory);
        Path hook = directory.resolve("origin.git/hooks/pre-receive");
        Lab.write(hook, "#!/bin/sh\nexit 1\n");
        Files.setPosixFilePermissions(hook, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertTrue(push(1).get("message").getAsString().contains("pre-receive hook declined"));
        Files.delete(hook);
        push(0);
        assertTrue(status(0, "--pushed").get("pushed").getAsBoolean());
    }

    @Test
    void whatGitIsToldToIgnoreIsNotCalledPushed() throws IOException {
        Lab.write(repository.resolve(".git/info/exclude"), "*.gz\n");
        JsonObject ignored = push(1);
        assertTrue(
                ignored.get("message").getAsString().contains("Git is told to ignore "),
                ignored.get("message").getAsString());
        lab.json(0, "backup", database, "--to=" + repository + "/backups/h/", "--stage");
        assertEquals("", git(repository, "git status --porcelain"));
    }

    /** A branch that was made from another one follows that, and `git push` would refuse to push it there. */
    @Test
    void nothingGoesWhereGitPushWouldNotTakeIt() {
        git(repository, "git switch -q -c feature origin/main; git " + AS_USER + " commit -q --allow-empty -m wip");
        assertTrue(push(1).get("message").getAsString().contains("follows origin/main"));
        assertEquals("1\n", git(repository, "git rev-list --count origin/main"));
        git(
                repository,
                "git init -q -b main --bare \"$1/mine.git\"; git remote add mine \"$1/mine.git\"; git config "
                        + "remote.pushDefault mine",
                directory);
        assertEquals("mine/feature", push(0).get("pushedTo").getAsString());
        assertEquals("1\n", git(directory, "git -C origin.git rev-list --count --all"));
        assertTrue(status(0, "--pushed").get("pushed").getAsBoolean());
    }

    /** Staged first, it would have gone with what the user takes back. */
    @Test
    void aRebaseThatIsGivenUpTakesNoBackupAway() {
        push(0);
        git(
                repository,
                "git switch -q -c other; echo 2 >notes; git " + AS_USER + " commit -qam two; git switch -q main; echo "
                        + "3 >notes; git " + AS_USER + " commit -qam three; git " + AS_USER
                        + " rebase -q other || true");
        write("meanwhile");
        Path made = Path.of(push(1).get("backup").getAsString());
        git(repository, "git rebase --abort; git reset -q --hard");
        assertTrue(Files.exists(made));
        push(0);
        cloneAndVerify(2);
    }

    @Test
    void whatABackupBuildsOnIsPutBackWhereSomebodyDeletedIt() {
        push(0);
        git(
                directory,
                "git clone -q origin.git other; cd other; git rm -q -r backups; git " + AS_USER
                        + " commit -qm 'no backups'; git push -q");
        write("more");
        JsonObject increment = push(0);
        assertEquals("increment", increment.get("kind").getAsString());
        cloneAndVerify(2);
    }

    @Test
    void whatAPruneDeletesGoesThereTooWhenTheBranchesHaveParted() {
        push(0);
        git(
                directory,
                "git clone -q origin.git other; cd other; echo 1 >theirs; git add theirs; git " + AS_USER
                        + " commit -qm theirs; git push -q");
        for (int i = 0; i < 3; i++) {
            write("run " + i);
            push(0, "--full", "--keep-last=1");
        }
        cloneAndVerify(1);
    }

    /** The name is a link, Git LFS has no hook, and one push has failed: all objects arrive all the same. */
    @Test
    void aSingleFileBehindALinkArrivesWithEachVersionThatWasCommitted() throws IOException {
        git(repository, "rm .git/hooks/pre-push; ln -s backups/one.gz link.gz; touch backups/one.gz");
        String to = "--to=" + repository + "/link.gz";
        lab.json(0, "backup", database, to, "--push");
        Files.move(directory.resolve("origin.git"), directory.resolve("away.git"));
        for (int i = 0; i < 2; i++) {
            write("away " + i);
            lab.json(1, "backup", database, to, "--push");
        }
        Files.move(directory.resolve("away.git"), directory.resolve("origin.git"));
        git(
                directory,
                "git clone -q origin.git other; cd other; echo 1 >theirs; git add theirs; git " + AS_USER
                        + " commit -qm theirs; git push -q");
        lab.json(0, "backup", database, to, "--push");
        git(
                directory,
                "git clone -q origin.git third; cd third; git lfs fetch --all; for commit in $(git rev-list HEAD -- "
                        + "backups/one.gz); do git cat-file --filters $commit:backups/one.gz | gunzip >/dev/null; done");
        assertEquals("3\n", git(directory, "git -C third rev-list --count HEAD -- backups/one.gz"));
        git(repository, "git " + AS_USER + " pull -q --rebase; git diff --exit-code origin/main");
    }

    /** Of a shallow clone, which notes no other branch. */
    @Test
    void aNewBranchOfAShallowCloneIsKnownAsPushed() {
        push(0);
        git(
                directory,
                "GIT_LFS_SKIP_SMUDGE=1 git clone -q --depth=1 \"file://$1/origin.git\" shallow; cd shallow; git switch -q -c "
                        + "dev; git lfs install --local >/dev/null",
                directory);
        String to = "--to=" + directory + "/shallow/backups/second/";
        assertEquals(
                "origin/dev",
                lab.json(0, "backup", database, to, "--push").get("pushedTo").getAsString());
        assertTrue(lab.json(0, "status", database, to, "--pushed").get("pushed").getAsBoolean());
    }

    /** Whatever a run could not commit, and however young the newest backup is. */
    @Test
    void statusCountsFromTheOldestThatWasNotPushed() {
        Runs runs = new Runs(lab, database, new Location.Local(repository.resolve("backups/h"), true));
        runs.backUp(Instant.now().minus(Duration.ofDays(3)));
        git(repository, "git add backups; git " + AS_USER + " commit -qm first; git push -q");
        for (int hours : new int[] {48, 24, 0}) {
            write("unpushed for " + hours);
            runs.backUp(Instant.now().minus(Duration.ofHours(hours)));
        }
        JsonObject waiting = status(14, "--pushed", "--max-age=40h");
        assertTrue(waiting.get("message").getAsString().contains("there is something to push since "));
        status(0, "--pushed", "--max-age=50h");
    }

    /** A clone gets what attributes and filters make of it. */
    @Test
    void whatGitWouldChangeIsNotTaken() throws IOException {
        Lab.sql(database, "INSERT INTO t(b) VALUES (randomblob(3000000))"); // Some line has to end as on Windows.
        git(repository, "echo '* text eol=lf' >.gitattributes; git " + AS_USER + " commit -qam attributes");
        JsonObject changed = push(1);
        assertTrue(
                changed.get("message").getAsString().contains("Git would give back something else than "),
                changed.get("message").getAsString());
        lab.json(1, "backup", database, "--to=" + repository + "/backups/h/", "--stage");
        git(repository, "echo '*.gz -text' >>.gitattributes; git " + AS_USER + " commit -qam attributes");
        push(0);
        cloneAndVerify(1);
    }

    @Test
    void aFileThatGitWasToldNotToLookAtIsLookedAt() {
        String to = "--to=" + repository + "/backups/one.gz";
        for (String flag : List.of("--skip-worktree", "--assume-unchanged")) {
            lab.json(0, "backup", database, to, "--push");
            git(repository, "git update-index " + flag + " backups/one.gz");
            write("since");
            lab.json(0, "backup", database, to, "--push");
            git(
                    directory,
                    "rm -rf third; git clone -q origin.git third; cmp third/backups/one.gz \"$1/backups/one.gz\"",
                    repository);
        }
    }

    /** Another server under the same name, and a push by hand that sent the pointers alone. */
    @Test
    void theRemoteGetsAllObjectsWhateverWasSeenOfIt() throws IOException {
        push(0);
        git(
                directory,
                "git init -q --bare -b main new.git; git -C \"$1\" remote set-url origin \"$2/new.git\"; mv origin.git old.git; mv new.git origin.git; git -C \"$1\" remote set-url origin \"$2/origin.git\"",
                repository,
                directory);
        write("more");
        push(0);
        cloneAndVerify(2);
        git(directory, "rm -rf origin.git/lfs");
        assertTrue(push(0).get("unchanged").getAsBoolean());
        cloneAndVerify(2);
        git(
                repository,
                "git lfs prune --force >/dev/null 2>&1 || true; rm -rf .git/lfs/objects; rm -rf \"$1/origin.git/lfs\"",
                directory);
        push(0);
        cloneAndVerify(2);
    }

    @Test
    void whatGitSaysOfItsPushIsNotBelieved() throws IOException {
        Path hook = directory.resolve("origin.git/hooks/post-receive");
        Lab.write(hook, "#!/bin/sh\nwhile read old new ref; do git update-ref $ref $old; done\n");
        Files.setPosixFilePermissions(hook, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertTrue(push(1).get("message").getAsString().contains("has not what was pushed"));
        Files.delete(hook);
        push(0);
        cloneAndVerify(1);
    }

    /** An address may hold a password, and has no place for what was seen there. */
    @Test
    void anAddressInPlaceOfARemoteIsRefusedAndNotPrinted() {
        git(repository, "git config branch.main.remote http://user:SECRET@127.0.0.1:9/x.git");
        JsonObject refused = push(1);
        assertTrue(refused.get("message").getAsString().contains("no remote with a name"), refused.toString());
        assertFalse(refused.toString().contains("SECRET"));
    }

    @Test
    void aHookThatLeavesSomethingBehindHoldsNothingUp() throws IOException {
        Path hook = repository.resolve(".git/hooks/pre-push");
        Lab.write(hook, "#!/bin/sh\nsleep 600 &\necho $! >\"" + directory + "/pid\"\n");
        Files.setPosixFilePermissions(hook, PosixFilePermissions.fromString("rwxr-xr-x"));
        push(0);
        git(directory, "kill $(cat pid)"); // It was still there.
        cloneAndVerify(1);
    }

    @Test
    void whatOnePlaceHasDeletedIsNotForgottenWhenAnotherIsPushed() {
        for (int i = 0; i < 3; i++) {
            write("run " + i);
            push(0, "--full");
        }
        git(repository, "git checkout -q --detach");
        write("detached");
        push(1, "--full", "--keep-last=1");
        git(repository, "git checkout -q main");
        Path second = lab.database("second.db", "delete", 20, "g");
        lab.json(0, "backup", second, "--to=" + repository + "/backups/second/", "--push");
        push(0);
        assertEquals("", git(repository, "git status --porcelain"));
        cloneAndVerify(1);
    }

    @Test
    void variablesThatLeadElsewhereLeadNowhere() {
        git(directory, "git clone -q origin.git other");
        lab.with(Map.of("GIT_COMMON_DIR", directory + "/other/.git"))
                .run("backup", database, "--to=" + repository + "/backups/h/", "--push")
                .ok();
        cloneAndVerify(1);
        assertEquals("1\n", git(directory, "git -C other rev-list --count HEAD"));
    }

    /** As others clone it. */
    @Test
    void backupsOnABranchThatACloneDoesNotGetAreWarnedOf() {
        assertFalse(push(0).has("warnings"));
        git(repository, "git switch -q -c feature --no-track");
        write("on a branch");
        assertTrue(push(0).get("warnings")
                .toString()
                .contains("the backups went to origin/feature, and a clone gets main"));
    }
}
