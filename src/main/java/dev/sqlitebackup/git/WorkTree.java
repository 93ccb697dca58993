package dev.sqlitebackup.git;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The work tree of Git in which a directory lies. Names are those of Git: relative to its top, with slashes.
 *
 * @param top its real path
 * @param git runs there
 */
public record WorkTree(Path top, Git git) {
    private static final long MAX_POINTER_BYTES = 1024;
    private static final Pattern POINTER = Pattern.compile(
            "version https://git-lfs\\.github\\.com/spec/.*?\noid sha256:([0-9a-f]{64})\n", Pattern.DOTALL);

    /** @return null where there is none; then Git is not even started */
    public static WorkTree around(Path directory) {
        Path real = real(directory);
        if (!isAround(real)) {
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

    /** Whether there seems to be one. */
    public static boolean isAround(Path directory) {
        return Stream.iterate(real(directory), above -> above != null, Path::getParent)
                .anyMatch(above -> Files.exists(above.resolve(".git")));
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
        // This command takes names as they are, and refuses to be told so.
        Git.Ended asked =
                git.with("GIT_LITERAL_PATHSPECS", "0").run(null, "check-ignore", "--quiet", "--", "./" + name);
        return asked.exitCode() != 1
                && asked.ok("tell whether " + name + " is ignored").succeeded();
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

    /**
     * The SHA-256 of what a pointer of Git LFS stands for (its specification, "The Pointer"); null for another object.
     */
    String pointedTo(String object) {
        String sizeBytes = git.run(null, "cat-file", "-s", object).ok().text().strip();
        if (Long.parseLong(sizeBytes) > MAX_POINTER_BYTES) {
            return null;
        }
        Matcher pointer =
                POINTER.matcher(git.run(null, "cat-file", "blob", object).ok().text());
        return pointer.lookingAt() ? pointer.group(1) : null;
    }

    /** Where Git LFS keeps that on this machine. */
    boolean isHere(String oid) {
        Git.Ended storage = git.run(null, "config", "--get", "lfs.storage");
        Path common = top.resolve(git.text("rev-parse", "--git-common-dir").strip());
        return Files.exists(common.resolve(storage.succeeded() ? storage.text().strip() : "lfs")
                .resolve(Path.of("objects", oid.substring(0, 2), oid.substring(2, 4), oid)));
    }

    /** As {@code update-index --index-info} reads it. An object's name is as long as the repository wants it. */
    String indexInfo(Map<String, Entry> entries) {
        String none = entries.containsValue(Entry.NONE)
                ? "0 "
                        + "0"
                                .repeat(git.run(new byte[0], "hash-object", "--stdin")
                                        .ok()
                                        .text()
                                        .strip()
                                        .length())
                        + "\t"
                : null;
        StringBuilder info = new StringBuilder();
        entries.forEach((name, entry) -> info.append(
                (entry.equals(Entry.NONE) ? none : entry.mode() + " " + entry.object() + "\t") + name + "\0"));
        return info.toString();
    }

    /** A file as Git has it: what {@code ls-tree} prints. */
    record Entry(String mode, String object) {
        /** The mode of a file that is no program. */
        static final String FILE = "100644";
        /** What a deleted one is. */
        static final Entry NONE = new Entry("0", "");
        /** What one is that should be there. */
        static final Entry UNKNOWN = new Entry("", "");
    }

    /** What a commit has of these files. */
    Map<String, Entry> entriesOf(String commit, Collection<String> names) {
        Git.Ended listed = git.run(null, arguments(List.of("ls-tree", "-r", "-z", commit, "--"), names));
        return listed.succeeded() ? entries(listed, 2) : Map.of();
    }

    /** Which of these files are not in the index as they are, or not gone from it. */
    Set<String> unstaged(Collection<String> names) {
        List<String> compared =
                List.of("-c", "core.fsmonitor=false", "ls-files", "--others", "--modified", "--deleted", "-z", "--");
        Set<String> unstaged =
                new HashSet<>(items(git.run(null, arguments(compared, names)).ok("compare the index")));
        // Of what Git was told not to look at (a lower-case letter, or an S) it knows nothing.
        items(git.run(null, arguments(List.of("ls-files", "-v", "-z", "--"), names))
                        .ok("read the index"))
                .stream()
                .filter(line -> Character.isLowerCase(line.charAt(0)) || line.charAt(0) == 'S')
                .forEach(line -> unstaged.add(line.substring(2)));
        return unstaged;
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

    /** What {@code rev-list} and the like print, a line each. */
    List<String> list(String... arguments) {
        return git.run(null, arguments)
                .ok("list what is not pushed")
                .text()
                .lines()
                .toList();
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
