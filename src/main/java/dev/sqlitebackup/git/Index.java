package dev.sqlitebackup.git;

import dev.sqlitebackup.Hints;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Stages files that a run made or deleted, and nothing else; unless that would put a backup into plain Git history by
 * accident, where nobody gets it out again.
 */
public final class Index {
    /** More than this is not for plain Git. */
    private static final long LARGE_BYTES = 5_000_000;
    /** A directory whose name needs no quoting in .gitattributes. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._][A-Za-z0-9._-]*");

    /**
     * A file that is not staged.
     *
     * @param why a sentence
     * @param remedy what to type
     */
    public record Refusal(String why, String remedy) {}

    private final WorkTree tree;

    public Index(WorkTree tree) {
        this.tree = tree;
    }

    /**
     * Stages a file, or that it is gone.
     *
     * @return null if that is done, or if Git is told to ignore the file
     * @throws dev.sqlitebackup.Failure if Git cannot, such as while somebody else holds the index
     */
    public Refusal stage(Path file) {
        String name = tree.nameOf(file);
        if (!Files.exists(file)) {
            tree.git()
                    .run(null, "rm", "--quiet", "--cached", "--ignore-unmatch", "--", name)
                    .ok("stage that " + file + " was deleted");
            return null;
        }
        if (tree.ignores(name)) {
            return null;
        }
        Refusal refusal = refusal(file, name);
        if (refusal == null) {
            tree.git().run(null, "add", "--", name).ok("stage " + file);
        }
        return refusal;
    }

    private Refusal refusal(Path file, String name) {
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
            throw new UncheckedIOException(e);
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
                    command("check-attr --all", name));
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
            throw new UncheckedIOException(e);
        }
    }

    private Refusal refusal(String why, String first, String... names) {
        return new Refusal(why, first + " && " + command("--literal-pathspecs add", names));
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
