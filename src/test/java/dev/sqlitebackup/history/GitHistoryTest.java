package dev.sqlitebackup.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.git.Git;
import dev.sqlitebackup.history.GitHistory.Version;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With real Git and real filters. */
class GitHistoryTest {
    private static final String FIRST = "2026-11-01T12:00:00Z";
    private static final String SECOND = "2026-11-02T12:00:00Z";
    private static final String THIRD = "2026-11-03T12:00:00Z";

    @TempDir
    Path directory;

    private Path repository;
    private Path file;

    @BeforeEach
    void makeRepository() {
        Tools.require("git");
        repository = directory.resolve("repo");
        file = repository.resolve("backups/a b.gz");
        Tools.sh(
                        "git init -q -b main \"$1\"; cd \"$1\"; git config user.name u; git config user.email "
                                + "u@example.org; mkdir backups",
                        repository)
                .ok();
    }

    /** Runs a script in the repository. @return what it said */
    private String git(String script, Object... arguments) {
        return Tools.sh(
                        "cd \"$1\"; shift; " + script,
                        Stream.concat(Stream.of(repository), Stream.of(arguments))
                                .toArray())
                .ok()
                .out()
                .strip();
    }

    /** @return the version that this commit makes, with the size of the content */
    private Version commit(String content, String time) throws IOException {
        Files.writeString(file, content);
        String hash = git("git add -A; GIT_COMMITTER_DATE=\"$1\" git commit -q -m backup; git rev-parse HEAD", time);
        return new Version(hash, Instant.parse(time), content.length());
    }

    private GitHistory history() {
        return GitHistory.of(file);
    }

    private String checkedOut(Version version) throws IOException {
        Path into = Files.createTempFile(directory, "into", "");
        history().checkOut(version, into);
        return Files.readString(into);
    }

    /**
     * Sets up a filter; from the next commit on it changes what is checked out. @return the script, which can be
     * changed still
     */
    private Path smudge(String script) throws IOException {
        Path smudge = Files.writeString(directory.resolve("smudge"), "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(smudge, PosixFilePermissions.fromString("rwx------"));
        git(
                "git config filter.f.smudge \"$1\"; git config filter.f.clean cat; git config filter.f.required "
                        + "true; echo '*.gz filter=f' > .gitattributes",
                smudge);
        return smudge;
    }

    @Test
    void tellsEveryVersionNewestFirstAndBringsEachBack() throws IOException {
        Version third = commit("three", THIRD);
        Version first = commit("1", FIRST);
        git("git rm -q -r backups; git commit -q -m gone; mkdir backups");
        Version second = commit("second", SECOND);
        assertEquals(List.of(third, second, first), history().versions());
        assertEquals(
                List.of("three", "second", "1"), List.of(checkedOut(third), checkedOut(second), checkedOut(first)));
    }

    @Test
    void tellsAMergeOnceAndOnlyTheVersionThatItMade() throws IOException {
        Version base = commit("base", FIRST);
        git("git checkout -q -b side");
        Version side = commit("on the side", SECOND);
        git("git checkout -q main");
        Version main = commit("on main", THIRD);
        git("git merge -q -s ours --no-commit side");
        Version merge = commit("made in the merge", "2026-11-04T12:00:00Z");
        assertEquals(List.of(merge, main, side, base), history().versions());
    }

    @Test
    void hasNoVersionsWhereNothingWasCommittedAndIsNoneWhereNoRepositoryIs() throws IOException {
        assertEquals(List.of(), history().versions());
        assertNull(GitHistory.of(directory.resolve("elsewhere/b.gz")));
        Path looksLikeOne =
                Files.createDirectories(directory.resolve("like/.git")).resolveSibling("b.gz");
        assertEquals(List.of(), GitHistory.of(looksLikeOne).versions());
        Version other = commit("x", FIRST);
        assertEquals(
                List.of(), GitHistory.of(repository.resolve("backups/never.gz")).versions());
        assertEquals(List.of(other), history().versions());
    }

    @Test
    void isFoundThroughLinksAndWhereTheDirectoryIsGone() throws IOException {
        Version only = commit("x", FIRST);
        assertEquals(
                List.of(only),
                GitHistory.of(Files.createSymbolicLink(directory.resolve("latest"), file))
                        .versions());
        Path linked = Files.createSymbolicLink(directory.resolve("linked"), file.getParent());
        assertEquals(List.of(only), GitHistory.of(linked.resolve("a b.gz")).versions());
        git("rm -r backups");
        assertEquals(List.of(only), history().versions());
        assertEquals("x", checkedOut(only));
    }

    @Test
    void knowsWhetherTheFileIsTheCommittedOne() throws IOException {
        commit("x", FIRST);
        assertFalse(history().isModified());
        Files.writeString(file, "y");
        assertTrue(history().isModified());
    }

    /** A pointer is shorter than 1,024 bytes; what is larger and begins like one is a backup that begins so. */
    @Test
    void takesTheSizeFromAPointer() throws IOException {
        String start = "version https://git-lfs.github.com/spec/v1\n";
        String end = "\noid sha256:" + "0".repeat(64) + "\nsize 123456789012\n";
        String longest = start + "ext-0-x " + "x".repeat(1024 - start.length() - end.length() - 8) + end;
        Version pointer = commit(longest, FIRST);
        Version longer = commit(longest + "x", SECOND);
        Version none = commit("version 1\nsize 7\n", THIRD);
        assertEquals(1024, pointer.sizeBytes());
        assertEquals(
                List.of(none, longer, new Version(pointer.commit(), pointer.committedAt(), 123_456_789_012L)),
                history().versions());
    }

    @Test
    void bringsBackWhatGitLfsKeepsOrSaysThatItHasToBeFetched() throws IOException {
        Tools.require("git-lfs");
        git("git lfs install --local; echo '*.gz filter=lfs -text' > .gitattributes");
        Version first = commit("first", FIRST);
        commit("second one", SECOND);
        assertEquals(
                List.of(10L, 5L),
                history().versions().stream().map(Version::sizeBytes).toList());
        assertEquals("first", checkedOut(first));
        git("rm -r .git/lfs/objects");
        Failure missing = assertThrows(Failure.class, () -> checkedOut(first));
        assertEquals(Failure.Kind.NOT_FOUND, missing.kind());
        assertTrue(
                missing.getMessage()
                        .startsWith("git could not bring back " + file + " of commit " + first.commit() + ": "),
                missing.getMessage());
        assertTrue(missing.hint().contains("fetch it first: git -C '")
                && missing.hint().endsWith("' lfs fetch --all"));
    }

    /** The pipe that nobody reads would fill up and stop Git. */
    @Test
    void hearsAllThatGitSaysHoweverMuch() throws IOException {
        Path smudge = smudge("head -c 300000 /dev/zero | tr '\\0' e >&2; cat");
        String large = "c".repeat(300_000);
        Version version = commit(large, FIRST);
        assertEquals(large, checkedOut(version));
        // The last line is the reason. So much stands before it that Git has ended long before all of it is heard.
        Files.writeString(smudge, "#!/bin/sh\nhead -c 30000000 /dev/zero | tr '\\0' e >&2; exit 1\n");
        assertTrue(assertThrows(Failure.class, () -> checkedOut(version))
                .getMessage()
                .endsWith(": fatal: backups/a b.gz: smudge filter f failed"));
        Files.writeString(smudge, "#!/bin/sh\nkill -9 $PPID\n");
        Failure silent = assertThrows(Failure.class, () -> checkedOut(version));
        assertTrue(silent.getMessage().endsWith(": exit code 137"), silent.getMessage());
        assertEquals("", silent.getCause().getMessage());
    }

    @Test
    void saysWhyThereIsNoHistory() throws IOException {
        commit("x", FIRST);
        git("echo 1234567890123456789012345678901234567890 > .git/refs/heads/main");
        Failure broken = assertThrows(Failure.class, () -> history().versions());
        assertTrue(
                broken.getMessage().matches("git could not tell the history of \\Q" + file + "\\E: fatal: .*"),
                broken.getMessage());
        assertTrue(broken.getCause().getMessage().contains("fatal: "), "with -v, all that it said");
        GitHistory gone = history();
        Tools.sh("rm -r \"$1\"", repository).ok();
        assertTrue(assertThrows(Failure.class, gone::versions).getMessage().startsWith("cannot run git"));
    }

    /** A clone may leave out what is old. */
    @Test
    void tellsTheOtherVersionsWhenTheContentOfOneIsNotThere() throws IOException {
        Version first = commit("first", FIRST);
        Version second = commit("second", SECOND);
        String object = git("git rev-parse HEAD~1:\"$1\"", "backups/a b.gz");
        Files.delete(repository.resolve(".git/objects/" + object.substring(0, 2) + "/" + object.substring(2)));
        assertEquals(
                List.of(second, new Version(first.commit(), first.committedAt(), 0)),
                history().versions());
        assertEquals(
                Failure.Kind.NOT_FOUND,
                assertThrows(Failure.class, () -> checkedOut(first)).kind());
    }

    /** It was there when its size was asked for: somebody else cleans up. */
    @Test
    void saysWhichObjectHasGoneMeanwhile() {
        assertEquals(
                Map.of("12ab", "content\n", "34cd", ""),
                GitHistory.contents(
                        "12ab blob 8\ncontent\n\n34cd blob 0\n\n".getBytes(StandardCharsets.US_ASCII), file));
        Failure missing = assertThrows(
                Failure.class,
                () -> GitHistory.contents("12ab blob 1\nc\n34cd missing\n".getBytes(StandardCharsets.US_ASCII), file));
        assertEquals("git did not find an object of " + file + ": 34cd missing", missing.getMessage());
    }

    /** A hook that calls us leaves Git's variables behind, which lead elsewhere. */
    @Test
    void givesGitAnEnvironmentOfOurOwn() throws IOException {
        Map<String, String> environment = new HashMap<>(Map.of(
                "GIT_DIR",
                "/nowhere",
                "GIT_WORK_TREE",
                "/nowhere",
                "GIT_INDEX_FILE",
                "/nowhere",
                "GIT_AUTHOR_NAME",
                "kept",
                "LC_ALL",
                "de_DE"));
        Git.prepare(environment);
        assertEquals(
                Map.of(
                        "GIT_AUTHOR_NAME",
                        "kept",
                        "GIT_TERMINAL_PROMPT",
                        "0",
                        "GIT_OPTIONAL_LOCKS",
                        "0",
                        "GIT_LITERAL_PATHSPECS",
                        "1",
                        "LC_ALL",
                        "C.UTF-8"),
                environment);
        smudge("cat > /dev/null; echo $GIT_TERMINAL_PROMPT $GIT_OPTIONAL_LOCKS $LC_ALL");
        assertEquals("0 0 C.UTF-8\n", checkedOut(commit("x", FIRST)));
    }

    @Test
    void keepsNoProcessAliveWhileGitHangs() throws Exception {
        Path fifo = directory.resolve("fifo");
        Tools.sh("mkfifo \"$1\"", fifo).ok();
        smudge("cat '" + fifo + "'");
        Version version = commit("x", FIRST);
        FutureTask<String> checkedOut = new FutureTask<>(() -> checkedOut(version));
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        Thread waiting = new Thread(checkedOut);
        waiting.setDaemon(false); // A thread is what the one that makes it is, unless it is told.
        waiting.start();
        Optional<Thread> heard;
        do {
            assertTrue(waiting.isAlive());
            heard = Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().equals("git-stderr") && !before.contains(thread))
                    .findFirst();
        } while (heard.isEmpty());
        assertTrue(heard.get().isDaemon());
        Files.writeString(fifo, "through");
        assertEquals("through", checkedOut.get());
    }

    /** What a filter of Git's long-running kind says, all of it at once; then it does not end, and Git waits for it. */
    @Test
    void endsGitWhenThereIsNoRoomForWhatItSays() throws Exception {
        Path filter = smudge(
                "printf '0016git-filter-server\\n000eversion=2\\n00000016capability=smudge\\n00000013status=success\\n0000000bcontent00000000'; exec sleep 20");
        Version version = commit("x", FIRST);
        git("git config --unset filter.f.smudge; git config filter.f.process \"$1\"", filter);
        Set<ProcessHandle> before = ProcessHandle.current().children().collect(Collectors.toSet());
        Failure full = assertThrows(Failure.class, () -> history().checkOut(version, Path.of("/dev/full")));
        assertEquals(Failure.Kind.NO_SPACE, full.kind());
        assertEquals("cannot write /dev/full: no space left", full.getMessage());
        for (ProcessHandle child : ProcessHandle.current()
                .children()
                .filter(process -> !before.contains(process))
                .toList()) {
            child.onExit().get(5, TimeUnit.SECONDS);
        }
    }

    /**
     * While it waits for what somebody whom Git left behind might still say. (The JDK closes a pipe of a process that
     * has ended, unless somebody reads from it just then.)
     */
    @Test
    void anInterruptedThreadStaysInterrupted() throws Exception {
        Tools.sh("cd \"$1\"; mkfifo begun go hold", directory).ok();
        smudge("cd '" + directory + "'; cat; cat hold >/dev/null & echo >begun; cat go >/dev/null");
        Version version = commit("x", FIRST);
        FutureTask<String> interrupted = new FutureTask<>(() -> {
            Failure failure = assertThrows(Failure.class, () -> checkedOut(version));
            return failure.kind() + " " + Thread.interrupted();
        });
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        Thread waiting = new Thread(interrupted);
        waiting.start();
        Files.readString(directory.resolve("begun"));
        await(
                waiting,
                () -> Thread.getAllStackTraces().keySet().stream()
                        .anyMatch(thread -> thread.getName().equals("git-stderr")
                                && !before.contains(thread)
                                && isIn(thread, "java.io.FileInputStream", "readBytes")));
        Files.writeString(directory.resolve("go"), "");
        await(waiting, () -> isIn(waiting, "java.lang.Thread", "join"));
        waiting.interrupt();
        assertEquals("INTERRUPTED true", interrupted.get());
        Files.writeString(directory.resolve("hold"), "");
    }

    private static void await(Thread alive, BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            assertTrue(alive.isAlive());
        }
    }

    private static boolean isIn(Thread thread, String className, String methodName) {
        return Arrays.stream(thread.getStackTrace())
                .anyMatch(frame -> frame.getClassName().equals(className)
                        && frame.getMethodName().equals(methodName));
    }
}
