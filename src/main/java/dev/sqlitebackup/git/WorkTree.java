package dev.sqlitebackup.git;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The work tree of Git in which a directory lies. Names are those of Git: relative to its top, with slashes.
 *
 * @param top its real path
 * @param git runs there
 */
public record WorkTree(Path top, Git git) {
    /** @return null where there is none; then Git is not even started */
    public static WorkTree around(Path directory) {
        Path real = real(directory);
        if (Stream.iterate(real, above -> above != null, Path::getParent)
                .noneMatch(above -> Files.exists(above.resolve(".git")))) {
            return null;
        }
        Git.Ended asked = new Git(real, directory).run(null, "rev-parse", "--is-inside-work-tree", "--show-toplevel");
        List<String> lines = asked.text().lines().toList();
        if (asked.err().contains("not a git repository")
                || !lines.isEmpty() && lines.get(0).equals("false")) {
            return null;
        }
        asked.ok("open the repository around " + directory);
        // Where a name holds a newline, it goes on.
        Path top = real(Path.of(String.join("\n", lines.subList(1, lines.size()))));
        return new WorkTree(top, new Git(top, directory));
    }

    private static Path real(Path directory) {
        try {
            return directory.toRealPath();
        } catch (IOException e) {
            throw Failure.io("cannot resolve", directory, e);
        }
    }

    /** What Git calls a file, which may be gone, in a directory that is there. */
    public String nameOf(Path file) {
        Path absolute = file.toAbsolutePath().normalize();
        Path inTop = Files.isDirectory(absolute)
                ? real(absolute)
                : real(absolute.getParent()).resolve(absolute.getFileName());
        String name = top.relativize(inTop).toString();
        return name.isEmpty() ? "." : name;
    }

    boolean ignores(String name) {
        return git.run(null, "check-ignore", "--quiet", "--", name).succeeded();
    }

    /** Whether Git has any file below that name, in its index at least. */
    public boolean tracks(String name) {
        return git.run(null, "ls-files", "-z", "--", name).ok().out().length > 0;
    }

    /** Whether HEAD has these files as they are. */
    public boolean hasCommitted(Collection<String> names) {
        return entriesOf("HEAD", names).keySet().containsAll(names)
                && git.run(null, arguments(List.of("status", "--porcelain", "-z", "--"), names))
                                .ok()
                                .out()
                                .length
                        == 0;
    }

    /**
     * Whether two commits have the same below these names.
     *
     * @param other null for a commit that is not there
     */
    public boolean areEqual(String commit, String other, Collection<String> names) {
        return other != null
                && git.run(null, arguments(List.of("diff", "--quiet", commit, other, "--"), names))
                        .succeeded();
    }

    /** The commit that a name stands for, null if it stands for none. */
    public String commit(String name) {
        Git.Ended found = git.run(null, "rev-parse", "--verify", "--quiet", name + "^{commit}");
        return found.succeeded() ? found.text().strip() : null;
    }

    /** A file as Git has it: what {@code ls-tree} prints. */
    record Entry(String mode, String object) {
        /** What a deleted one is. */
        static final Entry NONE = new Entry("0", "");
    }

    /** What a commit has of these files. */
    Map<String, Entry> entriesOf(String commit, Collection<String> names) {
        Git.Ended listed = git.run(null, arguments(List.of("ls-tree", "-r", "-z", commit, "--"), names));
        return listed.succeeded() ? entries(listed, 2) : Map.of();
    }

    /** What the index has of these files. */
    Map<String, Entry> staged(Collection<String> names) {
        return entries(
                git.run(null, arguments(List.of("ls-files", "--stage", "-z", "--"), names))
                        .ok(),
                1);
    }

    private static Map<String, Entry> entries(Git.Ended listed, int objectAt) {
        Map<String, Entry> entries = new HashMap<>();
        for (String line : items(listed)) {
            String[] words = line.substring(0, line.indexOf('\t')).split(" ");
            entries.put(line.substring(line.indexOf('\t') + 1), new Entry(words[0], words[objectAt]));
        }
        return entries;
    }

    /** What of a commit differs in another one: as that has it, {@link Entry#NONE} for what it lacks. */
    Map<String, Entry> changes(String from, String to) {
        Map<String, Entry> changes = new HashMap<>();
        List<String> items =
                items(git.run(null, "diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", from, to)
                        .ok());
        for (int i = 0; i + 1 < items.size(); i += 2) {
            String[] words = items.get(i).split(" "); // :MODE MODE OBJECT OBJECT STATUS
            boolean deleted = words[4].equals("D");
            changes.put(items.get(i + 1), deleted ? Entry.NONE : new Entry(words[1], words[3]));
        }
        return changes;
    }

    /** Every object that commits up to one, and not up to another, have had under a name. */
    Set<String> objects(String notOf, String commit, String name) {
        return Set.copyOf(git.run(null, "rev-list", "--objects", "--no-object-names", commit, "^" + notOf, "--", name)
                .ok()
                .text()
                .lines()
                .toList());
    }

    static List<String> items(Git.Ended listed) {
        String text = listed.text();
        return text.isEmpty() ? List.of() : List.of(text.split("\0"));
    }

    static String[] arguments(List<String> words, Collection<String> names) {
        List<String> all = new ArrayList<>(words);
        all.addAll(names);
        return all.toArray(String[]::new);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
