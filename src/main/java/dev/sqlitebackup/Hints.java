package dev.sqlitebackup;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Commands in hints: as they can be pasted into a shell, in any directory, where cron's mail is read for example. */
public final class Hints {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");
    private static final Pattern ADDRESS = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*://");
    private static final String TO = "--to=";
    private static final Pattern PLACE = Pattern.compile("(--(?:to|tmp-dir|safety-dir)=)(.*)", Pattern.DOTALL);
    /** What a terminal is not sent as it is (see cli/Output), and a quoted newline would not be a newline any more. */
    private static final IntPredicate UNPRINTABLE = c -> Character.isISOControl(c)
            || Character.getType(c) == Character.FORMAT
            || Character.getType(c) == Character.LINE_SEPARATOR
            || Character.getType(c) == Character.PARAGRAPH_SEPARATOR;

    private static volatile List<String> program = List.of("sqlite-backup");
    private static volatile String makeDirectory;

    private Hints() {}

    /**
     * How the program was started. Main says it, once.
     *
     * @param words that start it again, from any directory
     * @param directory of the project whose make started it, null where make did not
     */
    public static void startedAs(List<String> words, String directory) {
        program = List.copyOf(words);
        makeDirectory = directory;
    }

    /**
     * @param words the command, then its arguments: what is no option is a path or an address, as the place that an
     *     option names is. Paths may be relative
     */
    public static String command(String... words) {
        List<String> arguments =
                Arrays.stream(words).skip(1).map(Hints::absolute).toList();
        String made = makeDirectory == null ? null : made(words[0], arguments);
        return made != null
                ? made
                : line(Stream.of(program.stream(), Stream.of(words[0]), arguments.stream())
                        .flatMap(part -> part));
    }

    /**
     * The same by make's target ({@code scripts/sqlite-backup.mk}).
     *
     * @return null for what has no target, or what make would read in another way than it is meant
     */
    private static String made(String command, List<String> arguments) {
        List<String> paths =
                arguments.stream().filter(word -> !word.startsWith("-")).toList();
        List<String> targets = arguments.stream()
                .filter(word -> word.startsWith(TO))
                .map(word -> word.substring(TO.length()))
                .toList();
        List<String> others = arguments.stream()
                .filter(word -> word.startsWith("-") && !word.startsWith(TO))
                .toList();
        boolean backup = command.equals("backup");
        if (!backup && !command.equals("restore")
                || paths.size() != 1
                || targets.size() != 1
                || !isCarriedByMake(paths.get(0))
                || !isCarriedByMake(targets.get(0))
                || !others.stream().allMatch(word -> PLAIN.matcher(word).matches())) {
            return null;
        }
        Stream<String> variables =
                Stream.of("DB=" + (backup ? paths : targets).get(0), "TO=" + (backup ? targets : paths).get(0));
        Stream<String> options = others.isEmpty() ? Stream.of() : Stream.of("ARGS=" + String.join(" ", others));
        return line(Stream.of(Stream.of("make", "-C", makeDirectory, command + "-db"), variables, options)
                .flatMap(part -> part));
    }

    /** make expands $ wherever it exports a variable. */
    private static boolean isCarriedByMake(String value) {
        return value.codePoints().noneMatch(c -> c == '$' || c == '\\' || UNPRINTABLE.test(c));
    }

    private static String absolute(String word) {
        Matcher place = PLACE.matcher(word);
        return place.matches()
                ? place.group(1) + absolutePath(place.group(2))
                : word.startsWith("-") ? word : absolutePath(word);
    }

    /** Whether a place is named by an address, such as that of an object store, and not by a path. */
    public static boolean isAddress(String place) {
        return ADDRESS.matcher(place).lookingAt();
    }

    private static String absolutePath(String place) {
        if (place.isEmpty() || place.equals("-") || isAddress(place)) {
            return place;
        }
        Path path = Path.of(place).toAbsolutePath();
        // Not where a link may come before the dots: a/../b is b only if a is none.
        boolean climbs = Stream.iterate(path, parent -> parent != null, Path::getParent)
                .anyMatch(parent -> parent.endsWith(".."));
        return (climbs ? path : path.normalize()) + (place.endsWith("/") && path.getFileName() != null ? "/" : "");
    }

    private static String line(Stream<String> words) {
        return words.map(Hints::quoted).collect(Collectors.joining(" "));
    }

    /** A word as a shell has to read it. What cannot be printed is written as bash and zsh write it, byte by byte. */
    public static String quoted(String word) {
        if (word.codePoints().noneMatch(UNPRINTABLE)) {
            return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
        }
        return word.codePoints()
                .mapToObj(c -> UNPRINTABLE.test(c)
                        ? octal(c)
                        : c == '\'' || c == '\\' ? "\\" + (char) c : Character.toString(c))
                .collect(Collectors.joining("", "$'", "'"));
    }

    /** Three digits a byte, so that none that follows is taken for one of them. */
    private static String octal(int codePoint) {
        StringBuilder octal = new StringBuilder();
        for (byte b : Character.toString(codePoint).getBytes(StandardCharsets.UTF_8)) {
            octal.append(String.format("\\%03o", b & 0xff));
        }
        return octal.toString();
    }
}
