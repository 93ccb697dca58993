package dev.sqlitebackup;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The layers of docs/design.md, read from the imports. */
class ArchitectureTest {
    private static final Path SOURCES = Path.of("src/main/java/dev/sqlitebackup");
    /** Which of our packages each may use; the root package is open to all. */
    private static final Map<String, Set<String>> ALLOWED = Map.of(
            "cli", Set.of("core", "history", "files", "archive.Compression"),
            "core", Set.of("history", "sqlite", "archive", "store", "run", "git", "files"),
            "history", Set.of("sqlite", "archive", "store", "run", "git", "files"),
            "git", Set.of("files"),
            "sqlite", Set.of("files"),
            "archive", Set.of("files"),
            "store", Set.of("files"),
            "run", Set.of("files"),
            "files", Set.of());
    /** Which package alone may use a library. */
    private static final Map<String, String> OWNERS = Map.of(
            "java.sql.",
            "sqlite",
            "org.sqlite.",
            "sqlite",
            "org.apache.commons.compress.",
            "archive",
            "com.intel.",
            "archive",
            "picocli.",
            "cli",
            "me.tongfei.",
            "cli",
            "com.samskivert.",
            "cli",
            "org.tomlj.",
            "cli",
            "software.amazon.",
            "store");

    @Test
    void everyPackageUsesOnlyWhatTheDesignAllows() throws IOException {
        List<String> violations = new ArrayList<>();
        try (Stream<Path> files = Files.walk(SOURCES)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                String own = SOURCES.relativize(file).getNameCount() == 1
                        ? ""
                        : SOURCES.relativize(file).getName(0).toString();
                for (String line : Files.readAllLines(file)) {
                    if (line.startsWith("import ")) {
                        String imported =
                                line.replaceAll("import (static )?|;", "").trim();
                        if (!isAllowed(own, imported)) {
                            violations.add(file.getFileName() + " imports " + imported);
                        }
                    }
                }
            }
        }
        assertEquals(List.of(), violations);
    }

    private static boolean isAllowed(String own, String imported) {
        if (own.isEmpty()) {
            return true;
        }
        for (Map.Entry<String, String> owner : OWNERS.entrySet()) {
            if (imported.startsWith(owner.getKey()) && !own.equals(owner.getValue())) {
                return false;
            }
        }
        String ours = imported.startsWith("dev.sqlitebackup.") ? imported.substring("dev.sqlitebackup.".length()) : "";
        boolean inPackage = ours.contains(".") && Character.isLowerCase(ours.charAt(0));
        return !inPackage
                || ours.startsWith(own + ".")
                || ALLOWED.get(own).stream().anyMatch(allowed -> (ours + ".").startsWith(allowed + "."));
    }
}
