package dev.sqlitebackup.torture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How much of each kind of bad day is tried, and what came of it. {@code make torture} tries everything and makes the
 * tables of docs/reliability.md of these figures; {@code make test} tries a part that is chosen evenly.
 */
final class Figures {
    private static final Path DIRECTORY = Path.of("target/torture");

    private Figures() {}

    /** Whether everything is tried. */
    static boolean isFull() {
        return "full".equals(System.getProperty("torture"));
    }

    /** @return {@code full} under {@code make torture}, else {@code part} */
    static int count(int full, int part) {
        return isFull() ? full : part;
    }

    /**
     * All under {@code make torture}, else every ninth.
     *
     * @param first of nine, so that several tests do not choose the same
     */
    static <T> Stream<T> some(List<T> all, int first) {
        return isFull()
                ? all.stream()
                : IntStream.range(0, all.size()).filter(i -> i % 9 == first).mapToObj(all::get);
    }

    /** Adds a row to a table of docs/reliability.md, which has a marker of this name. */
    static synchronized void row(String table, Object... cells) {
        try {
            Files.createDirectories(DIRECTORY);
            String line = Arrays.stream(cells).map(String::valueOf).collect(Collectors.joining("\t")) + "\n";
            Files.writeString(
                    DIRECTORY.resolve(table + ".tsv"), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
