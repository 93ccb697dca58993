package dev.sqlitebackup.git;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Talks to the repository that is pushed to. Nothing of that goes on for ever, since cron's runs must not. */
final class Remote {
    /** A connection on which nothing comes any more ends. Bytes a second; seconds. */
    private static final List<String> SETTINGS = List.of(
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

    private final WorkTree tree;
    private final Upstream upstream;
    private final Git git;

    Remote(WorkTree tree, Upstream upstream) {
        this.tree = tree;
        this.upstream = upstream;
        this.git = patient(tree.git());
    }

    /**
     * For hooks: our own would warn that the database has changed since, which it does all day; others shall read
     * patterns as ever.
     */
    private static Git patient(Git git) {
        Git pushing = git.with("SQLITE_BACKUP_PUSHING", "1").with("GIT_LITERAL_PATHSPECS", "0");
        boolean chosen = System.getenv("GIT_SSH_COMMAND") != null
                || System.getenv("GIT_SSH") != null
                || git.run(null, "config", "--get", "core.sshCommand").succeeded();
        return chosen ? pushing : pushing.with("GIT_SSH_COMMAND", SSH);
    }

    private Git.Ended ask(Duration limit, List<String> words) {
        return git.within(limit).run(null, WorkTree.arguments(SETTINGS, words));
    }

    /**
     * Pushes a commit.
     *
     * @return whether it was; not if somebody else was faster, now or as the reference was about to be set
     * @throws Failure FAILURE for any other reason
     */
    boolean push(String commit) {
        List<String> words =
                new ArrayList<>(List.of("push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no"));
        boolean isBranch = !upstream.isSet() && commit.equals(tree.commit(upstream.branch()));
        if (isBranch) {
            words.add("--set-upstream");
        }
        words.addAll(List.of(upstream.remote(), (isBranch ? upstream.branch() : commit) + ":" + upstream.ref()));
        Git.Ended pushed = ask(LONGEST, words);
        List<String> refused =
                pushed.text().lines().filter(line -> line.startsWith("!")).toList();
        if (pushed.succeeded()) {
            return true;
        }
        if (refused.stream().anyMatch(line -> line.contains("[rejected]") || line.contains("cannot lock ref"))) {
            return false;
        }
        String reason = refused.isEmpty()
                ? pushed.reason()
                : refused.get(0).substring(refused.get(0).lastIndexOf('\t') + 1);
        throw failed("git could not push to " + upstream + ": " + reason, pushed.err());
    }

    Failure failed(String message, String said) {
        return new Failure(
                Failure.Kind.FAILURE,
                message,
                "see what Git says: git -C " + Hints.quoted(tree.top().toString()) + " push",
                new IOException(said.strip()));
    }

    /** @return what others have pushed */
    String fetch() {
        ask(
                        LONGEST,
                        List.of(
                                "fetch",
                                "--quiet",
                                "--no-tags",
                                "--no-recurse-submodules",
                                "--no-write-fetch-head",
                                upstream.remote(),
                                "+" + upstream.ref() + ":" + upstream.tracking()))
                .ok("fetch what others have pushed to " + upstream);
        return tree.commit(upstream.tracking());
    }

    /**
     * What is there.
     *
     * @param head the branch that a clone gets, null for none
     * @param commit of the branch that was pushed to, null if it is not there
     */
    record Heads(String head, String commit) {}

    Heads heads() {
        List<String> lines = ask(LONGEST, List.of("ls-remote", "--symref", upstream.remote(), "HEAD", upstream.ref()))
                .ok("ask " + upstream.remote() + " what it has")
                .text()
                .lines()
                .toList();
        return new Heads(
                lines.stream()
                        .filter(line -> line.startsWith("ref: "))
                        .map(line -> line.substring("ref: ".length(), line.indexOf('\t')))
                        .findFirst()
                        .orElse(null),
                lines.stream()
                        .filter(line -> line.endsWith("\t" + upstream.ref()))
                        .map(line -> line.substring(0, line.indexOf('\t')))
                        .findFirst()
                        .orElse(null));
    }

    /** Sends what pointers of Git LFS stand for; what is there already is not sent again. */
    void send(Collection<String> oids) {
        if (!oids.isEmpty()) {
            List<String> words = new ArrayList<>(List.of("lfs", "push", "--object-id", upstream.remote()));
            words.addAll(oids);
            ask(LONGEST_UPLOAD, words)
                    .ok("send the backups to " + upstream.remote() + " by Git LFS (is it there? `git ls-remote "
                            + upstream.remote() + "` asks)");
        }
    }
}
