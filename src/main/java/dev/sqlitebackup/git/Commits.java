package dev.sqlitebackup.git;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.Workspace;
import java.util.Map;

/**
 * Commits of some files alone. They are put together in an index of their own, so neither what else is staged nor the
 * work tree has a part in them, and no hook of the user's runs.
 */
final class Commits {
    /** Somebody else may commit meanwhile, and is then built upon. */
    private static final int MOST_ATTEMPTS = 5;

    private final WorkTree tree;
    private final Workspace workspace;
    private final Git git;

    /** @param workspace for the index */
    Commits(WorkTree tree, Workspace workspace) {
        this.tree = tree;
        this.workspace = workspace;
        this.git = withIdentity(tree.git());
    }

    /** Cron's user may have told Git no name. */
    private static Git withIdentity(Git git) {
        if (git.run(null, "var", "GIT_COMMITTER_IDENT").succeeded()
                && git.run(null, "var", "GIT_AUTHOR_IDENT").succeeded()) {
            return git;
        }
        Git named = git;
        for (String who : new String[] {"AUTHOR", "COMMITTER"}) {
            named = named.with("GIT_" + who + "_NAME", "sqlite-backup")
                    .with("GIT_" + who + "_EMAIL", "sqlite-backup@localhost");
        }
        return named;
    }

    /**
     * Commits to a branch that is checked out. The index gets the same first: if the power fails between the two, the
     * backup is staged, and else the next commit of the user's would take it out again.
     *
     * @param branch as {@code refs/heads/main}
     * @return the branch's commit, which has all of that
     * @throws Failure FAILURE if Git cannot
     */
    String commit(String branch, Map<String, WorkTree.Entry> entries, Index index, String message) {
        Git.Ended moved = null;
        for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
            String head = tree.commit(branch);
            String commit = on(head, entries, message);
            if (commit.equals(head)) {
                return head;
            }
            index.put(entries);
            // Only from what it was put together on, to it.
            moved = git.run(
                    null,
                    "update-ref",
                    "-m",
                    "commit: " + message.lines().findFirst().orElse(""),
                    branch,
                    commit,
                    head == null ? "" : head);
            if (moved.succeeded()) {
                return commit;
            }
        }
        moved.ok("commit to " + branch);
        throw new IllegalStateException("it did not fail");
    }

    /**
     * Makes a commit that no branch leads to yet.
     *
     * @param parent null for none
     * @param entries what is to be in it; {@link WorkTree.Entry#NONE} for what is to be gone
     * @return the parent if that has all of it
     */
    String on(String parent, Map<String, WorkTree.Entry> entries, String message) {
        Git aside = git.with("GIT_INDEX_FILE", workspace.path("index").toString());
        aside.run(null, "read-tree", parent == null ? "--empty" : parent).ok("read " + parent);
        aside.run(WorkTree.bytes(tree.indexInfo(entries)), "update-index", "-z", "--index-info")
                .ok("put a commit together");
        String made = aside.run(null, "write-tree").ok("write a tree").text().strip();
        if (parent != null
                && made.equals(git.text("rev-parse", parent + "^{tree}").strip())) {
            return parent;
        }
        String[] words = parent == null
                ? new String[] {"-c", "i18n.commitEncoding=UTF-8", "commit-tree", made, "-F", "-"}
                : new String[] {"-c", "i18n.commitEncoding=UTF-8", "commit-tree", made, "-p", parent, "-F", "-"};
        return git.run(WorkTree.bytes(message), words).ok("commit").text().strip();
    }
}
