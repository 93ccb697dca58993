package dev.sqlitebackup.git;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What commits here changed of the backups, once more on top of what others have pushed: one commit for each, as
 * {@code git rebase} would make it, but of nothing else, and without a work tree. So {@code git pull --rebase} finds
 * each there already. Nobody's version of a backup is overwritten by ours.
 */
record Replay(WorkTree tree, Commits commits, Push.Wanted wanted, Upstream upstream) {
    /**
     * @param head what is here
     * @param theirs what is there
     * @return the commit to push: theirs if that has all of it already
     */
    String of(String head, String theirs) {
        Git.Ended base = tree.git().run(null, "merge-base", head, theirs);
        if (!base.succeeded()) {
            throw getTheirs("has nothing in common with what is checked out");
        }
        if (tree.changes(base.text().strip(), head).keySet().stream()
                .anyMatch(name -> name.equals(".gitattributes") || name.endsWith("/.gitattributes"))) {
            throw getTheirs("has commits that are not here, and a .gitattributes of yours is not there yet");
        }
        String commit = theirs;
        for (String mine : tree.list(
                "rev-list",
                "--reverse",
                "--topo-order",
                "--no-merges",
                "--cherry-pick",
                "--right-only",
                theirs + "..." + head,
                "--",
                wanted.place())) {
            commit = commits.on(commit, changes(mine, commit), message(mine));
        }
        return commits.on(commit, missing(head, commit), wanted.message());
    }

    private String message(String commit) {
        return tree.git()
                .run(
                        null,
                        "-c",
                        "log.showSignature=false",
                        "-c",
                        "i18n.logOutputEncoding=UTF-8",
                        "log",
                        "-1",
                        "--format=%B",
                        commit)
                .ok("read the message of " + commit)
                .text();
    }

    /** What a commit changed of ours, where that is not so on top of theirs. */
    private Map<String, WorkTree.Entry> changes(String mine, String onto) {
        Map<String, WorkTree.Entry> after = tree.changes(mine + "^", mine);
        after.keySet().removeIf(name -> !wanted.isOurs().test(name));
        Set<String> names = after.keySet();
        Map<String, WorkTree.Entry> before = tree.entriesOf(mine + "^", names);
        Map<String, WorkTree.Entry> there = tree.entriesOf(onto, names);
        Map<String, WorkTree.Entry> wantedThere = new TreeMap<>();
        after.forEach((name, entry) -> {
            WorkTree.Entry now = there.getOrDefault(name, WorkTree.Entry.NONE);
            if (!now.equals(entry) && !now.equals(WorkTree.Entry.NONE) && !now.equals(before.get(name))) {
                throw new Failure(
                        Failure.Kind.FAILURE,
                        "somebody else has pushed another " + name + " to " + upstream,
                        "give each machine a backup of its own: --to=ANOTHER.gz, or a directory and --name=NAME");
            }
            wantedThere.put(name, entry);
        });
        return wantedThere;
    }

    /** Somebody may have deleted what the backup builds on. */
    private Map<String, WorkTree.Entry> missing(String head, String commit) {
        List<String> names = wanted.files().stream().map(tree::nameOf).toList();
        Map<String, WorkTree.Entry> missing = new TreeMap<>(tree.entriesOf(head, names));
        missing.keySet().removeAll(tree.entriesOf(commit, names).keySet());
        return missing;
    }

    private Failure getTheirs(String why) {
        return new Failure(
                Failure.Kind.FAILURE,
                upstream + " " + why + ": the backup is committed, and not pushed",
                "get what is there: git -C " + Hints.quoted(tree.top().toString()) + " pull --rebase "
                        + upstream.words());
    }
}
