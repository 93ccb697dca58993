package dev.sqlitebackup.git;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import java.util.List;

/**
 * Where the branch that is checked out is pushed to, as Git's own {@code branch.NAME.remote} and {@code .merge} say;
 * where they say nothing, a branch of the same name at the one remote that there is, or at origin.
 *
 * @param branch that is checked out, as {@code refs/heads/main}
 * @param remote its name, null for none
 * @param ref what the branch is called there, likewise
 * @param tracking where Git notes what was last seen there, as {@code refs/remotes/origin/main}
 * @param isSet whether Git's configuration says so
 */
record Upstream(String branch, String remote, String ref, String tracking, boolean isSet) {
    private static final String HEADS = "refs/heads/";
    private static final String ORIGIN = "origin";

    /** @return null where no branch is checked out */
    static Upstream of(WorkTree tree) {
        Git git = tree.git();
        Git.Ended head = git.run(null, "symbolic-ref", "--quiet", "HEAD");
        if (!head.succeeded()) {
            return null;
        }
        String branch = head.text().strip();
        String name = branch.substring(HEADS.length());
        Git.Ended remote = git.run(null, "config", "--get", "branch." + name + ".remote");
        Git.Ended merge = git.run(null, "config", "--get", "branch." + name + ".merge");
        if (remote.succeeded() && merge.succeeded()) {
            Git.Ended tracking = git.run(null, "rev-parse", "--symbolic-full-name", name + "@{upstream}");
            String seen = tracking.succeeded()
                    ? tracking.text().strip()
                    : tracking(remote.text().strip(), merge.text().strip());
            return new Upstream(branch, remote.text().strip(), merge.text().strip(), seen, true);
        }
        List<String> remotes = git.text("remote").lines().toList();
        String only = remotes.size() == 1 ? remotes.get(0) : remotes.contains(ORIGIN) ? ORIGIN : null;
        return new Upstream(branch, only, branch, only == null ? null : tracking(only, branch), false);
    }

    private static String tracking(String remote, String ref) {
        return "refs/remotes/" + remote + "/" + ref.substring(HEADS.length());
    }

    /** The same, where it can be pushed to. */
    static Upstream require(WorkTree tree) {
        Upstream upstream = of(tree);
        String at = "git -C " + Hints.quoted(tree.top().toString());
        if (upstream == null) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "no branch is checked out in " + tree.top(),
                    "check one out, or finish the rebase that is under way: " + at + " status");
        }
        if (upstream.remote == null || upstream.remote.equals(".")) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "the repository " + tree.top() + " has no remote to push "
                            + upstream.branch.substring(HEADS.length()) + " to",
                    "name one: " + at + " remote add origin URL; or: " + at + " push --set-upstream REMOTE BRANCH");
        }
        return upstream;
    }

    /** As people write it: {@code origin/main}. */
    @Override
    public String toString() {
        return remote + "/" + ref.substring(HEADS.length());
    }
}
