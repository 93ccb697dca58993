package dev.sqlitebackup.git;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.files.Workspace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Commits backups and pushes them. Where somebody else has pushed meanwhile, what the commits of backups changed is
 * committed once more, on top of theirs, and that is pushed: neither the branch that is checked out, nor the index, nor
 * the work tree follows. Nobody's version of a backup is overwritten by ours.
 */
public final class Push {
    private static final int MOST_ATTEMPTS = 5;
    /** Git LFS specification, "The Pointer". */
    private static final Pattern POINTER = Pattern.compile(
            "version https://git-lfs\\.github\\.com/spec/.*?\noid sha256:([0-9a-f]{64})\n", Pattern.DOTALL);

    private static final long MAX_POINTER_BYTES = 1024;
    /** A connection on which nothing comes any more ends: a run of cron's must. Seconds; bytes a second. */
    private static final List<String> NEVER_FOR_EVER =
            List.of("-c", "http.lowSpeedLimit=100", "-c", "http.lowSpeedTime=120");

    private static final String SSH = "ssh -o ConnectTimeout=30 -o ServerAliveInterval=30 -o ServerAliveCountMax=4";

    /**
     * What came of it.
     *
     * @param to such as {@code origin/main}
     * @param aside whether others had pushed meanwhile, so that the branch here has to take that in some day
     */
    public record Pushed(String to, boolean aside) {}

    private final WorkTree tree;
    private final Upstream upstream;
    private final Commits commits;
    private final Predicate<String> isOurs;
    private final Git remote;

    private Push(WorkTree tree, Upstream upstream, Workspace workspace, Predicate<String> isOurs) {
        this.tree = tree;
        this.upstream = upstream;
        this.commits = new Commits(tree, workspace);
        this.isOurs = isOurs;
        this.remote = patient(tree.git());
    }

    /** Our own hook would warn that the database has changed since, which it does all day. */
    private static Git patient(Git git) {
        Git pushing = git.with("SQLITE_BACKUP_PUSHING", "1");
        boolean chosen = System.getenv("GIT_SSH_COMMAND") != null
                || System.getenv("GIT_SSH") != null
                || git.run(null, "config", "--get", "core.sshCommand").succeeded();
        return chosen ? pushing : pushing.with("GIT_SSH_COMMAND", SSH);
    }

    /**
     * Commits what is staged of these files, and pushes.
     *
     * @param files made or deleted, all of them staged
     * @param message of the commit
     * @param isOurs which names in Git are backups of the place that is pushed
     * @param temporaryDirectory for an index
     * @throws Failure FAILURE if anything of that did not succeed; what is committed stays so, and the next push takes
     *     it along
     */
    public static Pushed of(
            WorkTree tree, Collection<Path> files, String message, Predicate<String> isOurs, Path temporaryDirectory) {
        try (Workspace workspace = Workspace.create(temporaryDirectory)) {
            Push push = new Push(tree, Upstream.require(tree), workspace, isOurs);
            push.commits.commit(
                    push.upstream.branch(), files.stream().map(tree::nameOf).toList(), message);
            return push.push(message);
        }
    }

    private Pushed push(String message) {
        String head = tree.commit("HEAD");
        String seen = tree.commit(upstream.tracking());
        sendObjects(seen == null ? tree.entriesOf(head, List.of()) : tree.changes(seen, head));
        List<String> words = new ArrayList<>(List.of("push", "--porcelain"));
        if (!upstream.isSet()) {
            words.add("--set-upstream");
        }
        words.addAll(List.of(upstream.remote(), upstream.branch() + ":" + upstream.ref()));
        Git.Ended pushed = askRemote(words);
        for (int attempt = 0; !pushed.succeeded() && isBehind(pushed) && attempt < MOST_ATTEMPTS; attempt++) {
            askRemote(List.of(
                            "fetch",
                            "--quiet",
                            "--no-tags",
                            upstream.remote(),
                            "+" + upstream.ref() + ":" + upstream.tracking()))
                    .ok("fetch what others have pushed to " + upstream);
            String commit = onTopOfTheirs(head, tree.commit(upstream.tracking()), message);
            if (commit == null) {
                return new Pushed(upstream.toString(), true);
            }
            pushed = askRemote(List.of("push", "--porcelain", upstream.remote(), commit + ":" + upstream.ref()));
            if (pushed.succeeded()) {
                return new Pushed(upstream.toString(), true);
            }
        }
        if (!pushed.succeeded()) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "git could not push to " + upstream + ": " + reason(pushed),
                    "see what Git says: git -C " + Hints.quoted(tree.top().toString()) + " push",
                    new java.io.IOException(pushed.err().strip()));
        }
        return new Pushed(upstream.toString(), false);
    }

    private Git.Ended askRemote(List<String> words) {
        return remote.run(null, WorkTree.arguments(NEVER_FOR_EVER, words));
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

    /** @return null where theirs has all of it already */
    private String onTopOfTheirs(String head, String theirs, String message) {
        Git.Ended base = tree.git().run(null, "merge-base", head, theirs);
        if (!base.succeeded()) {
            throw takeTheirs("has nothing in common with what is checked out");
        }
        String fork = base.text().strip();
        Map<String, WorkTree.Entry> here = tree.changes(fork, head);
        if (here.keySet().stream()
                .anyMatch(name -> name.equals(".gitattributes") || name.endsWith("/.gitattributes"))) {
            throw takeTheirs("has commits that are not here, and a .gitattributes of yours is not there yet");
        }
        Map<String, WorkTree.Entry> there = tree.changes(fork, theirs);
        Map<String, WorkTree.Entry> missing = new TreeMap<>();
        here.forEach((name, entry) -> {
            WorkTree.Entry other = there.get(name);
            if (isOurs.test(name) && !entry.equals(other)) {
                if (other != null && !wasHere(name, other, fork, head)) {
                    throw new Failure(
                            Failure.Kind.FAILURE,
                            "somebody else has pushed another " + name + " to " + upstream,
                            "give each machine a backup of its own: --to=ANOTHER.gz, or a directory and --name=NAME");
                }
                missing.put(name, entry);
            }
        });
        return missing.isEmpty() ? null : commits.on(theirs, missing, message);
    }

    /** Whether theirs is one that an earlier push of ours has put there. */
    private boolean wasHere(String name, WorkTree.Entry other, String fork, String head) {
        Set<String> objects = tree.objects(fork, head, name);
        return objects.contains(other.object());
    }

    private Failure takeTheirs(String why) {
        return new Failure(
                Failure.Kind.FAILURE,
                upstream + " " + why + ": the backup is committed, and not pushed",
                "take in what is there: git -C " + Hints.quoted(tree.top().toString()) + " pull --rebase "
                        + Hints.quoted(upstream.remote()) + " "
                        + Hints.quoted(upstream.ref().substring("refs/heads/".length())));
    }

    /** Git's hook does that too, where it is installed: without it the pointers alone would arrive. */
    private void sendObjects(Map<String, WorkTree.Entry> entries) {
        List<String> objects = entries.entrySet().stream()
                .filter(entry ->
                        isOurs.test(entry.getKey()) && !entry.getValue().equals(WorkTree.Entry.NONE))
                .map(entry -> pointedTo(entry.getValue()))
                .filter(oid -> oid != null)
                .distinct()
                .toList();
        if (!objects.isEmpty()) {
            List<String> words = new ArrayList<>(List.of("lfs", "push", "--object-id", upstream.remote()));
            words.addAll(objects);
            askRemote(words).ok("send the backups to " + upstream.remote() + " by Git LFS");
        }
    }

    /** @return null for what is no pointer */
    private String pointedTo(WorkTree.Entry entry) {
        Git git = tree.git();
        String size = git.text("cat-file", "-s", entry.object()).strip();
        if (Long.parseLong(size) > MAX_POINTER_BYTES) {
            return null;
        }
        Matcher pointer = POINTER.matcher(git.text("cat-file", "blob", entry.object()));
        return pointer.lookingAt() ? pointer.group(1) : null;
    }
}
