package dev.sqlitebackup.git;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.files.Workspace;
import java.nio.file.Files;
import java.nio.file.Path;
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

    /**
     * What to push.
     *
     * @param files made or deleted, all of which the remote has to have, or not to have, in the end
     * @param made the one that the run made or confirmed
     * @param message of the commit
     * @param isOurs which names in Git are backups of the place that is pushed
     * @param place the file or directory, as Git calls it
     */
    public record Wanted(Collection<Path> files, Path made, String message, Predicate<String> isOurs, String place) {
        private List<String> deleted(WorkTree tree) {
            return files.stream()
                    .filter(file -> !Files.exists(file))
                    .map(tree::nameOf)
                    .toList();
        }

        private Wanted with(Set<String> names, WorkTree tree) {
            Set<Path> more = new LinkedHashSet<>(files);
            names.stream().filter(isOurs).map(tree.top()::resolve).forEach(more::add);
            return new Wanted(more, made, message, isOurs, place);
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
    private final Index index;
    private final Upstream upstream;
    private final Commits commits;
    private final Wanted wanted;
    private final Remote remote;

    private Push(WorkTree tree, Index index, Upstream upstream, Workspace workspace, Wanted wanted) {
        this.tree = tree;
        this.index = index;
        this.upstream = upstream;
        this.commits = new Commits(tree, workspace);
        this.wanted = wanted;
        this.remote = new Remote(tree, upstream);
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
        Map<String, WorkTree.Entry> entries = index.entries(all.files, all.made, refusals);
        if (!refusals.isEmpty()) {
            throw new Failure(
                    Failure.Kind.FAILURE, refusals.get(0).why(), refusals.get(0).remedy());
        }
        try (Workspace workspace = Workspace.create(temporaryDirectory)) {
            Push push = new Push(tree, index, upstream, workspace, all);
            String head = push.commits.commit(upstream.branch(), entries, index, all.message);
            push.requireAll(head);
            deletions.forget(all.deleted(tree));
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
        String pushed = remote.push(head) ? head : null;
        for (int attempt = 0; pushed == null && attempt < MOST_ATTEMPTS; attempt++) {
            String theirs = remote.fetch();
            String commit = new Replay(tree, commits, wanted, upstream).of(head, theirs);
            requireAll(commit);
            sendObjects(commit);
            pushed = commit.equals(theirs) || remote.push(commit) ? commit : null;
        }
        if (pushed == null) {
            throw remote.failed("others push to " + upstream + " all the time, and each time were faster", "");
        }
        Remote.Heads there = remote.heads();
        requireThere(pushed, there.commit());
        return new Pushed(
                upstream.toString(),
                pushed.equals(head)
                        ? null
                        : "git -C " + Hints.quoted(tree.top().toString()) + " pull --rebase " + upstream.words(),
                otherBranch(there.head()));
    }

    /** What Git says of its push is not what is there; somebody may have pushed once more. */
    private void requireThere(String pushed, String there) {
        boolean isThere = pushed.equals(there)
                || there != null
                        && tree.git()
                                .run(null, "merge-base", "--is-ancestor", pushed, remote.fetch())
                                .succeeded();
        if (!isThere) {
            throw remote.failed("git has pushed, and " + upstream + " has not what was pushed", "");
        }
        // A clone of one branch alone notes no other, and status goes by this.
        if (there.equals(pushed) && !pushed.equals(tree.commit(upstream.tracking()))) {
            tree.git().run(null, "update-ref", upstream.tracking(), pushed).ok("note what was pushed to " + upstream);
        }
    }

    /** On the day it is needed somebody clones, and gets the branch that the remote's HEAD names. */
    private String otherBranch(String head) {
        return upstream.ref().equals(head)
                ? null
                : "the backups went to " + upstream + ", and a clone gets "
                        + (head == null ? "no branch at all" : Upstream.name(head))
                        + ": make " + Upstream.name(upstream.ref()) + " the remote's default branch"
                        + (head == null ? "" : ", or check out " + Upstream.name(head) + " here");
    }

    /**
     * Git's hook does that too, where it is installed: without it the pointers alone would arrive, also those of
     * commits on the way. All that is needed is named each time: what was seen of the remote says nothing of its store.
     */
    private void sendObjects(String commit) {
        Set<String> oids = new LinkedHashSet<>();
        needed().forEach((name, entry) -> {
            String oid = entry.object().isEmpty() ? null : tree.pointedTo(entry.object());
            if (oid != null) {
                if (!tree.isHere(oid)) {
                    index.keepForLfs(name);
                }
                oids.add(oid);
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
        remote.send(oids);
    }
}
