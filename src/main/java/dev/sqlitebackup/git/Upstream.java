package dev.sqlitebackup.git;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import java.util.List;
import java.util.Set;

/**
 * Where {@code git push} takes the branch that is checked out, by Git's own configuration (git-config(1),
 * {@code branch.NAME.*}, {@code remote.pushDefault}, {@code push.default}); where that says nothing, to a branch of the
 * same name at the one remote that there is, or at origin.
 *
 * @param branch that is checked out, as {@code refs/heads/main}
 * @param remote its name, null for none
 * @param ref what the branch is called there
 * @param tracking where Git notes what was last seen there, as {@code refs/remotes/origin/main}; null without a remote
 * @param isSet whether Git's configuration says so
 */
record Upstream(String branch, String remote, String ref, String tracking, boolean isSet) {
    private static final String HEADS = "refs/heads/";
    private static final String ORIGIN = "origin";
    /** With these, a branch goes to the one that it follows, whatever that is called. */
    private static final Set<String> FOLLOWED = Set.of("upstream", "tracking");

    /** @return null where no branch is checked out */
    static Upstream of(WorkTree tree) {
        Git.Ended head = tree.git().run(null, "symbolic-ref", "--quiet", "HEAD");
        if (!head.succeeded()) {
            return null;
        }
        String branch = head.text().strip();
        String name = branch.substring(HEADS.length());
        String followed = setting(tree, "branch." + name + ".remote");
        String merge = setting(tree, "branch." + name + ".merge");
        String chosen = setting(tree, "branch." + name + ".pushRemote");
        if (chosen == null) {
            chosen = setting(tree, "remote.pushDefault");
        }
        List<String> remotes = tree.git().text("remote").lines().toList();
        if (followed != null && merge != null && (chosen == null || chosen.equals(followed))) {
            return to(remotes, branch, followed, merge, true);
        }
        if (chosen != null) {
            return to(remotes, branch, chosen, branch, true);
        }
        String only = remotes.size() == 1 ? remotes.get(0) : remotes.contains(ORIGIN) ? ORIGIN : null;
        return to(remotes, branch, only, branch, false);
    }

    /** Only a remote that has a name has a place for what was seen there; and an address may hold a password. */
    private static Upstream to(List<String> remotes, String branch, String remote, String ref, boolean isSet) {
        boolean away = remote != null && remotes.contains(remote) && ref.startsWith(HEADS);
        return away
                ? new Upstream(
                        branch, remote, ref, "refs/remotes/" + remote + "/" + ref.substring(HEADS.length()), isSet)
                : new Upstream(branch, null, ref, null, isSet);
    }

    private static String setting(WorkTree tree, String name) {
        Git.Ended found = tree.git().run(null, "config", "--get", name);
        return found.succeeded() ? found.text().strip() : null;
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
        String name = upstream.branch.substring(HEADS.length());
        if (upstream.remote == null) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "the repository " + tree.top() + " has no remote with a name to push " + name + " to",
                    "name one: " + at + " remote add origin URL; or: " + at + " push --set-upstream REMOTE "
                            + Hints.quoted(name));
        }
        String how = setting(tree, "push.default");
        if (!upstream.ref.equals(upstream.branch) && (how == null || !FOLLOWED.contains(how))) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "the branch " + name + " follows " + upstream + ", to which `git push` would not push it",
                    "check out the branch of that name; or give " + name + " one of its own: " + at
                            + " push --set-upstream " + Hints.quoted(upstream.remote) + " " + Hints.quoted(name));
        }
        return upstream;
    }

    /** Of a branch, as people write it. */
    static String name(String ref) {
        return ref.startsWith(HEADS) ? ref.substring(HEADS.length()) : ref;
    }

    /** As people write it: {@code origin/main}. */
    @Override
    public String toString() {
        return remote + "/" + ref.substring(HEADS.length());
    }

    /** For commands, in which the two are words of their own. */
    String words() {
        return Hints.quoted(remote) + " " + Hints.quoted(ref.substring(HEADS.length()));
    }
}
