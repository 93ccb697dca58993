package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.DurableFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names of safety copies: {@code DATABASE.pre-restore-YYYYMMDDhhmmss}, UTC, with {@code -2} and so on within a second. */
final class SafetyCopies {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMddHHmmss").withZone(ZoneOffset.UTC);
    private static final Pattern SUFFIX = Pattern.compile("\\.pre-restore-(\\d{14})(?:-(\\d{1,9}))?");

    private record Candidate(Path path, String time, int number) { }

    private SafetyCopies() { }

    /** Gives a complete, checked copy the first name that is free. */
    static Path keep(Path copy, Path database, Instant now) {
        for (int number = 1; ; number++) {
            Path name = name(database, now, number);
            if (DurableFiles.publishNew(copy, name)) {
                return name;
            }
        }
    }

    /** A name that neither a safety copy nor a sidecar of one has. */
    static Path freeName(Path database, Instant now) {
        for (int number = 1; ; number++) {
            Path name = name(database, now, number);
            boolean taken = false;
            for (String suffix : List.of("", "-wal", "-shm", "-journal")) {
                taken |= Files.exists(name.resolveSibling(name.getFileName() + suffix), LinkOption.NOFOLLOW_LINKS);
            }
            if (!taken) {
                return name;
            }
        }
    }

    private static Path name(Path database, Instant now, int number) {
        return database.resolveSibling(database.getFileName() + ".pre-restore-" + TIME.format(now) + (number == 1 ? "" : "-" + number));
    }

    /** @throws Failure of kind NOT_FOUND if the database has no safety copy */
    static Path newest(Path database) {
        return find(database).stream().max(Comparator.comparing(Candidate::time).thenComparing(Candidate::number)).map(Candidate::path)
                .orElseThrow(() -> new Failure(Failure.Kind.NOT_FOUND, "there is no safety copy of " + database + ", so there is nothing to undo"));
    }

    private static List<Candidate> find(Path database) {
        List<Candidate> found = new ArrayList<>();
        if (!Files.isDirectory(database.getParent())) {
            return found;
        }
        String prefix = database.getFileName().toString();
        try (DirectoryStream<Path> siblings = Files.newDirectoryStream(database.getParent())) {
            for (Path sibling : siblings) {
                String name = sibling.getFileName().toString();
                Matcher suffix = SUFFIX.matcher(name.startsWith(prefix) ? name.substring(prefix.length()) : "");
                if (suffix.matches() && Files.isRegularFile(sibling)) {
                    found.add(new Candidate(sibling, suffix.group(1), suffix.group(2) == null ? 1 : Integer.parseInt(suffix.group(2))));
                }
            }
            return found;
        } catch (IOException e) {
            throw Failure.io("cannot read the directory", database.getParent(), e);
        }
    }
}
