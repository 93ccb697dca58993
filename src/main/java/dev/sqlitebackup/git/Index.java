package dev.sqlitebackup.git;

import dev.sqlitebackup.Deadline;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.files.Digests;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Takes files that a run made or deleted into Git, and nothing else; unless that would put a backup into plain Git
 * history by accident, where nobody gets it out again.
 */
public final class Index {
    /** More than this is not for plain Git. */
    private static final long LARGE_BYTES = 5_000_000;
    /** A directory whose name needs no quoting in .gitattributes. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._][A-Za-z0-9._-]*");

    private static final String LOCKED = "index.lock': File exists";
    private static final long POLL_MILLIS = 50;

    /**
     * A file that Git does not take.
     *
     * @param why a sentence
     * @param remedy what to type
     * @param isIgnored whether Git was told so
     */
    public record Refusal(String why, String remedy, boolean isIgnored) {}

    private final WorkTree tree;
    private final Duration patience;

    /** @param patience how long to wait for somebody else who holds the index */
    public Index(WorkTree tree, Duration patience) {
        this.tree = tree;
        this.patience = patience;
    }

    /**
     * What Git would have of some files, with their contents put into its store; nothing refers to these yet.
     *
     * @param made which of these is compared whatever the index says of it
     * @param refusals takes what it shall not have
     * @return by name; {@link WorkTree.Entry#NONE} for one that is gone. Without those that HEAD and the index have as
     *     they are
     */
    Map<String, WorkTree.Entry> entries(Collection<Path> files, Path made, List<Refusal> refusals) {
        Map<String, Path> named = new LinkedHashMap<>();
        files.forEach(file -> named.put(tree.nameOf(file), file));
        Set<String> unstaged = tree.unstaged(named.keySet());
        Map<String, WorkTree.Entry> staged = tree.staged(named.keySet());
        Map<String, WorkTree.Entry> committed = tree.entriesOf("HEAD", named.keySet());
        Map<String, WorkTree.Entry> entries = new LinkedHashMap<>();
        named.forEach((name, file) -> {
            if (!Files.exists(file)) {
                entries.put(name, WorkTree.Entry.NONE);
            } else if (file.equals(made)
                    || unstaged.contains(name)
                    || !staged.get(name).equals(committed.get(name))) {
                Refusal refusal = refusal(file, name);
                if (refusal == null) {
                    entries.put(name, stored(file, name));
                } else {
                    refusals.add(refusal);
                }
            }
        });
        return entries;
    }

    private WorkTree.Entry stored(Path file, String name) {
        String object = tree.git()
                .run(null, "hash-object", "-w", "--path=" + name, "--", name)
                .ok("take in " + file)
                .text()
                .strip();
        if (isForLfs(name) && tree.pointedTo(object) == null) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "Git LFS has not taken " + file + ", which would go into plain Git history",
                    "see why: git -C " + Hints.quoted(tree.top().toString()) + " lfs env; then: git lfs install");
        }
        requireSame(file, name, object);
        return new WorkTree.Entry(WorkTree.Entry.FILE, object);
    }

    /** What attributes and filters make of a file has to become the same file again. */
    private void requireSame(Path file, String name, String object) {
        String plain = tree.git()
                .run(null, "hash-object", "--no-filters", "--", name)
                .ok("read " + file)
                .text()
                .strip();
        if (plain.equals(object)) {
            return;
        }
        String sha256 = sha256(file);
        String oid = tree.pointedTo(object);
        if (!sha256.equals(oid != null ? oid : checkedOut(name, object))) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "Git would give back something else than " + file + ": an attribute or a filter changes it",
                    "add a line to " + tree.top().resolve(".gitattributes")
                            + " that keeps it as it is: *.gz -text -filter; or " + "use Git LFS");
        }
    }

    private static String sha256(Path file) {
        try {
            return Digests.sha256(file);
        } catch (IOException e) {
            throw Failure.io("cannot read", file, e);
        }
    }

    /** The SHA-256 of what a clone would get. */
    private String checkedOut(String name, String object) {
        MessageDigest digest = Digests.sha256();
        try (OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
            tree.git()
                    .run(null, out, "cat-file", "--filters", "--path=" + name, object)
                    .ok("give back " + name);
        } catch (IOException e) {
            throw Failure.io("cannot take from git", name, e);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Has Git LFS keep the content of a file here, as it does when one is added. */
    void keepForLfs(String name) {
        tree.git().run(null, "hash-object", "--path=" + name, "--", name).ok("take in " + name);
    }

    /**
     * Stages files, or that they are gone.
     *
     * @return what is not staged; nothing of what Git is told to ignore
     * @throws Failure if Git cannot, such as while somebody else holds the index for long
     */
    public List<Refusal> stage(Collection<Path> files) {
        List<Refusal> refusals = new ArrayList<>();
        put(entries(files, null, refusals));
        refusals.removeIf(Refusal::isIgnored);
        return refusals;
    }

    /** Makes the index have these, and nothing else change in it. */
    void put(Map<String, WorkTree.Entry> entries) {
        if (entries.isEmpty()) {
            return;
        }
        Deadline deadline = Deadline.after(patience);
        while (true) {
            Git.Ended put =
                    tree.git().run(WorkTree.bytes(tree.indexInfo(entries)), "update-index", "-z", "--index-info");
            if (put.succeeded() || !put.err().contains(LOCKED) || deadline.hasPassed()) {
                if (!put.succeeded() && put.err().contains(LOCKED)) {
                    throw new Failure(
                            Failure.Kind.BUSY,
                            "Git's index is locked by another git, or by one that was killed: " + put.reason(),
                            "if no git runs in " + tree.top() + ", delete that file");
                }
                put.ok("stage the backup");
                break;
            }
            Interruption.pause(POLL_MILLIS);
        }
        // Only the times, which the next `git status` would else find out by reading all of the file.
        tree.git()
                .run(null, WorkTree.arguments(List.of("add", "--refresh", "--ignore-errors", "--"), present(entries)));
    }

    private static List<String> present(Map<String, WorkTree.Entry> entries) {
        return entries.entrySet().stream()
                .filter(entry -> !entry.getValue().equals(WorkTree.Entry.NONE))
                .map(Map.Entry::getKey)
                .toList();
    }

    private Refusal refusal(Path file, String name) {
        if (!tree.tracks(name) && tree.ignores(name)) {
            return new Refusal("Git is told to ignore " + file, command("add --force", name), true);
        }
        long sizeBytes = size(file);
        if (isForLfs(name)) {
            String instead = ", and " + sizeBytes + " bytes would go into plain Git history";
            if (!tree.git().run(null, "lfs", "version").succeeded()) {
                return refusal("Git LFS is not installed" + instead, "install git-lfs, then: git lfs install", name);
            }
            return tree.git().run(null, "config", "--get", "filter.lfs.clean").succeeded()
                    ? null
                    : refusal("Git LFS is not initialised" + instead, "git lfs install", name);
        }
        return sizeBytes <= LARGE_BYTES ? null : large(file, name);
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw Failure.io("cannot read", file, e);
        }
    }

    private boolean isForLfs(String name) {
        List<String> answer = WorkTree.items(
                tree.git().run(null, "check-attr", "filter", "-z", "--", name).ok());
        return answer.get(answer.size() - 1).equals("lfs");
    }

    private Refusal large(Path file, String name) {
        Path attributes = tree.top().resolve(".gitattributes");
        String line = pattern(name) + " filter=lfs diff=lfs merge=lfs -text";
        if (hasLine(attributes, line)) {
            return new Refusal(
                    "it is large, and Git LFS does not track " + file + ", although .gitattributes says " + line
                            + ", and another line takes that back",
                    command("check-attr --all", name),
                    false);
        }
        return refusal(
                "Git LFS does not track " + file + ", and it is large",
                "printf '\\n%s\\n' '" + line + "' >>" + Hints.quoted(attributes.toString()),
                ".gitattributes",
                name);
    }

    /**
     * For this file and those like it: whatever lies below the first directory, as a history in one of its own does.
     */
    private static String pattern(String name) {
        int slash = name.indexOf('/');
        return slash < 0
                ? "/*.gz"
                : PLAIN.matcher(name.substring(0, slash)).matches() ? name.substring(0, slash) + "/**/*.gz" : "*.gz";
    }

    private static boolean hasLine(Path attributes, String line) {
        try {
            return Files.exists(attributes)
                    && new String(Files.readAllBytes(attributes), StandardCharsets.UTF_8)
                            .lines()
                            .anyMatch(line::equals);
        } catch (IOException e) {
            throw Failure.io("cannot read", attributes, e);
        }
    }

    private Refusal refusal(String why, String first, String... names) {
        return new Refusal(why, first + " && " + command("--literal-pathspecs add", names), false);
    }

    private String command(String words, String... names) {
        StringBuilder command =
                new StringBuilder("git -C " + Hints.quoted(tree.top().toString()) + " " + words + " --");
        for (String name : names) {
            command.append(' ').append(Hints.quoted(name));
        }
        return command.toString();
    }
}
