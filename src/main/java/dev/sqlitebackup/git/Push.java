package dev.sqlitebackup.git;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.files.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Commits backups and pushes them. Where somebody else has pushed meanwhile, what is not there of the backups' commits
 * is committed once more on top of theirs ({@link Replay}), and that is pushed: neither the branch that is checked out,
 * nor the index, nor the work tree follows.
 */
public final class Push {
    private static final int MOST_ATTEMPTS = 5;
    /** A connection on which nothing comes any more ends: a run of cron's must. Bytes a second; seconds. */
    private static final List<String> NEVER_FOR_EVER = List.of(
            "-c",
            "http.lowSpeedLimit=100",
            "-c",
            "http.lowSpeedTime=120",
            "-c",
            "gc.auto=0",
            "-c",
            "maintenance.auto=false");

    private static final String SSH = "ssh -o ConnectTimeout=30 -o ServerAliveInterval=30 -o ServerAliveCountMax=4";
    /** For what waits for something else, such as a hook or a window that asks for a password. */
    private static final Duration LONGEST = Duration.ofHours(2);
    /** Whole backups go by Git LFS. */
    private static final Duration LONGEST_UPLOAD = Duration.ofHours(24);

    /**
     * What to push.
     *
     * @param files made or deleted, all of which the remote has to have, or not to have, in the end
     * @param message of the commit
     * @param isOurs which names in Git are backups of the place that is pushed
     * @param place the file or directory, as Git calls it
     */
    public record Wanted(Collection<Path> files, String message, Predicate<String> isOurs, String place) {
        private List<String> deleted(WorkTree tree) {
            return files.stream()
                    .filter(file -> !Files.exists(file))
                    .map(tree::nameOf)
                    .toList();
        }

        private Wanted with(Set<String> names, WorkTree tree) {
            Set<Path> more = new LinkedHashSet<>(files);
            names.stream().filter(isOurs).map(tree.top()::resolve).forEach(more::add);
            return new Wanted(more, message, isOurs, place);
        }
    }

    /**
     * What came of it.
     *
     * @param to such as {@code origin/main}
     * @param remedy what to type some day because others had pushed meanwhile, null if nobody had
     * @param warning where a clone would not have it at once, else null
     */
    public record Pushed(String to, String remedy, String warning) {}

    private final WorkTree tree;
    private final Upstream upstream;
    private final Commits commits;
    private final Wanted wanted;
    private final Git remote;

    private Push(WorkTree tree, Upstream upstream, Workspace workspace, Wanted wanted) {
        this.tree = tree;
        this.upstream = upstream;
        this.commits = new Commits(tree, workspace);
        this.wanted = wanted;
        this.remote = patient(tree.git());
    }

    /**
     * For hooks: our own would warn that the database has changed since, which it does all day; others shall read
     * patterns as ever.
     */
    private static Git patient(Git git) {
        Git pushing = git.with("SQLITE_BACKUP_PUSHING", "1")
                .with("GIT_LITERAL_PATHSPECS", "0")
                .within(LONGEST);
        boolean chosen = System.getenv("GIT_SSH_COMMAND") != null
                || System.getenv("GIT_SSH") != null
                || git.run(null, "config", "--get", "core.sshCommand").succeeded();
        return chosen ? pushing : pushing.with("GIT_SSH_COMMAND", SSH);
    }

    /**
     * Commits what the files hold now, and pushes.
     *
     * @param index takes it too
     * @param temporaryDirectory for an index
     * @throws Failure FAILURE if anything of that did not succeed; what is committed stays so, and the next push takes
     *     it along
     */
    public static Pushed of(WorkTree tree, Index index, Wanted wanted, Path temporaryDirectory) {
        Deletions deletions = new Deletions(tree);
        Wanted all = wanted.with(deletions.with(wanted.deleted(tree), tree), tree);
        Upstream upstream = Upstream.require(tree);
        List<Index.Refusal> refusals = new ArrayList<>();
        Map<String, WorkTree.Entry> entries = index.entries(all.files, refusals);
        if (!refusals.isEmpty()) {
            throw new Failure(
                    Failure.Kind.FAILURE, refusals.get(0).why(), refusals.get(0).remedy());
        }
        try (Workspace workspace = Workspace.create(temporaryDirectory)) {
            Push push = new Push(tree, upstream, workspace, all);
            String head = push.commits.commit(upstream.branch(), entries, index, all.message);
            push.requireAll(head);
            deletions.forget();
            return push.push(head);
        }
    }

    /** Success is said of what is there, and not of what was asked for. */
    private void requireAll(String commit) {
        Map<String, WorkTree.Entry> needed = needed();
        Map<String, WorkTree.Entry> there = tree.entriesOf(commit, needed.keySet());
        needed.forEach((name, entry) -> {
            if (!entry.equals(there.getOrDefault(name, WorkTree.Entry.NONE))) {
                throw new Failure(
                        Failure.Kind.FAILURE,
                        "the commit " + commit + " has not " + name + " as it is here",
                        "see why: git -C " + Hints.quoted(tree.top().toString()) + " status");
            }
        });
    }

    /** What the index has of the files, which was put there just now. */
    private Map<String, WorkTree.Entry> needed() {
        Map<String, WorkTree.Entry> needed = new TreeMap<>();
        wanted.files.forEach(file ->
                needed.put(tree.nameOf(file), Files.exists(file) ? WorkTree.Entry.UNKNOWN : WorkTree.Entry.NONE));
        needed.putAll(tree.staged(needed.keySet()));
        return needed;
    }

    private Pushed push(String head) {
        sendObjects(head);
        List<String> words =
                new ArrayList<>(List.of("push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no"));
        if (!upstream.isSet()) {
            words.add("--set-upstream");
        }
        words.addAll(List.of(upstream.remote(), head + ":" + upstream.ref()));
        if (!upstream.isSet()) {
            words.set(words.size() - 1, upstream.branch() + ":" + upstream.ref());
        }
        Git.Ended pushed = askRemote(words, LONGEST);
        for (int attempt = 0; !pushed.succeeded() && isBehind(pushed) && attempt < MOST_ATTEMPTS; attempt++) {
            askRemote(
                            List.of(
                                    "fetch",
                                    "--quiet",
                                    "--no-tags",
                                    "--no-recurse-submodules",
                                    "--no-write-fetch-head",
                                    upstream.remote(),
                                    "+" + upstream.ref() + ":" + upstream.tracking()),
                            LONGEST)
                    .ok("fetch what others have pushed to " + upstream);
            String theirs = tree.commit(upstream.tracking());
            String commit = new Replay(tree, commits, wanted, upstream).of(head, theirs);
            requireAll(commit);
            if (commit.equals(theirs)) {
                return pushedAside();
            }
            sendObjects(commit);
            pushed = askRemote(
                    List.of(
                            "push",
                            "--porcelain",
                            "--no-follow-tags",
                            "--recurse-submodules=no",
                            upstream.remote(),
                            commit + ":" + upstream.ref()),
                    LONGEST);
            if (pushed.succeeded()) {
                noteSeen(commit);
                return pushedAside();
            }
        }
        if (!pushed.succeeded()) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "git could not push to " + upstream + ": " + reason(pushed),
                    "see what Git says: git -C " + Hints.quoted(tree.top().toString()) + " push",
                    new IOException(pushed.err().strip()));
        }
        noteSeen(head);
        return new Pushed(upstream.toString(), null, otherBranch());
    }

    private Pushed pushedAside() {
        return new Pushed(
                upstream.toString(),
                "git -C " + Hints.quoted(tree.top().toString()) + " pull --rebase " + upstream.words(),
                otherBranch());
    }

    /** On the day it is needed somebody clones, and gets the branch that the remote's HEAD names. */
    private String otherBranch() {
        Git.Ended asked = askRemote(List.of("ls-remote", "--symref", upstream.remote(), "HEAD"), LONGEST);
        if (!asked.succeeded()) {
            return null; // It was there a moment ago; the next run asks again.
        }
        String head = asked.text()
                .lines()
                .filter(line -> line.startsWith("ref: "))
                .map(line -> line.substring("ref: ".length(), line.indexOf('\t')))
                .findFirst()
                .orElse(null);
        return upstream.ref().equals(head)
                ? null
                : "the backups went to " + upstream + ", and a clone gets "
                        + (head == null ? "no branch at all" : Upstream.name(head))
                        + ": make " + Upstream.name(upstream.ref()) + " the remote's default branch"
                        + (head == null ? "" : ", or check out " + Upstream.name(head) + " here");
    }

    /** A clone of one branch alone notes no other, and status goes by this. */
    private void noteSeen(String commit) {
        if (!commit.equals(tree.commit(upstream.tracking()))) {
            tree.git().run(null, "update-ref", upstream.tracking(), commit).ok("note what was pushed to " + upstream);
        }
    }

    private Git.Ended askRemote(List<String> words, Duration limit) {
        return remote.within(limit).run(null, WorkTree.arguments(NEVER_FOR_EVER, words));
    }

    /** Of {@code git push --porcelain}: somebody else was faster, now or as the reference was about to be set. */
    private static boolean isBehind(Git.Ended pushed) {
        return pushed.text()
                .lines()
                .filter(line -> line.startsWith("!"))
                .anyMatch(line -> line.contains("[rejected]") || line.contains("cannot lock ref"));
    }

    private static String reason(Git.Ended pushed) {
        return pushed.text()
                .lines()
                .filter(line -> line.startsWith("!"))
                .findFirst()
                .map(line -> line.substring(line.lastIndexOf('\t') + 1))
                .orElseGet(pushed::reason);
    }

    /**
     * Git's hook does that too, where it is installed: without it the pointers alone would arrive, also those of
     * commits on the way.
     */
    private void sendObjects(String commit) {
        Map<String, WorkTree.Entry> seen =
                tree.commit(upstream.tracking()) == null ? Map.of() : tree.entriesOf(upstream.tracking(), List.of());
        Set<String> oids = new LinkedHashSet<>();
        needed().forEach((name, entry) -> {
            if (!entry.object().isEmpty() && !entry.equals(seen.get(name))) {
                oids.add(tree.pointedTo(entry.object()));
            }
        });
        // What others have made may be nowhere on this machine, and is not ours to send.
        for (String line : tree.list(
                "rev-list", "--objects", commit, "--not", "--remotes=" + upstream.remote(), "--", wanted.place)) {
            int blank = line.indexOf(' ');
            if (blank > 0 && wanted.isOurs.test(line.substring(blank + 1))) {
                String oid = tree.pointedTo(line.substring(0, blank));
                if (oid != null && tree.isHere(oid)) {
                    oids.add(oid);
                }
            }
        }
        oids.remove(null);
        if (!oids.isEmpty()) {
            List<String> words = new ArrayList<>(List.of("lfs", "push", "--object-id", upstream.remote()));
            words.addAll(oids);
            askRemote(words, LONGEST_UPLOAD)
                    .ok("send the backups to " + upstream.remote() + " by Git LFS (is it there? `git ls-remote "
                            + upstream.remote() + "` asks)");
        }
    }
}
