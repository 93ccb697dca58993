package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.sqlite.Databases;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** That several databases do not meet: neither one twice at a place, nor two under one name there. */
public final class Meeting {
    /**
     * A database and where it goes.
     *
     * @param name by which its backups go there, null for its file name
     */
    public record Wanted(Path database, String name, Location destination) {
        /** The name by which they go. */
        public String nameThere() {
            return name == null ? Databases.name(database) : name;
        }

        private String place() {
            Path path = destination.path();
            return path == null
                    ? destination.toString()
                    : (Files.exists(path) ? Databases.real(path) : Databases.inRealDirectory(path)).toString();
        }

        /** The database itself, whatever leads to it. */
        private Object file() {
            try {
                Object key = Files.readAttributes(database, BasicFileAttributes.class)
                        .fileKey();
                return key == null ? Databases.real(database) : key;
            } catch (IOException e) {
                return database.toAbsolutePath().normalize(); // Its own run says what is wrong with it.
            }
        }
    }

    private static final String ONE_FILE = "";

    private Meeting() {}

    /** @throws Failure USAGE, with both paths */
    public static void refuse(List<Wanted> all) {
        Map<List<Object>, Wanted> files = new HashMap<>();
        Map<List<Object>, Wanted> names = new HashMap<>();
        for (Wanted wanted : all) {
            String place = wanted.place();
            Wanted same = files.putIfAbsent(List.of(place, wanted.file()), wanted);
            if (same != null) {
                throw new Failure(
                        Failure.Kind.USAGE,
                        "the same database twice: " + same.database + " and " + wanted.database,
                        wanted.name != null && same.name != null
                                ? "the configuration file has two tables of it, " + same.name + " and " + wanted.name
                                        + ": leave one out"
                                : "name it once, by the path that its application uses");
            }
            String name = wanted.destination.isDirectory() ? wanted.nameThere() : ONE_FILE;
            Wanted other = names.putIfAbsent(List.of(place, name), wanted);
            if (other != null) {
                throw name.equals(ONE_FILE)
                        ? oneFile(other, wanted)
                        : new Failure(
                                Failure.Kind.USAGE,
                                "two databases would meet under one name, " + wanted.nameThere() + ", at "
                                        + wanted.destination + ": " + other.database + " and " + wanted.database,
                                hint(other, wanted));
            }
        }
    }

    private static String hint(Wanted one, Wanted other) {
        if (one.name != null && other.name != null) {
            return "both have that name in the configuration file: give one of them another";
        }
        return "name one or both in a configuration file (--config): [databases." + table(one)
                + "], and below it path = "
                + "\"" + one.database.toAbsolutePath().normalize() + "\"; [databases." + table(other)
                + "], and path = \""
                + other.database.toAbsolutePath().normalize() + "\"";
    }

    /** A name that tells them apart: that of the directory, where there is one. */
    private static String table(Wanted wanted) {
        Path directory =
                wanted.database.toAbsolutePath().normalize().getParent().getFileName();
        return "\"" + (directory == null ? "" : directory + "-") + wanted.nameThere() + "\"";
    }

    private static Failure oneFile(Wanted one, Wanted other) {
        if (!one.destination.isNamedAsBackup()) {
            return new Failure(
                    Failure.Kind.USAGE,
                    "there is no directory " + one.destination + ", and several databases need one",
                    "with / at its end it is made: --to=" + Hints.quoted(one.destination + "/"));
        }
        return new Failure(
                Failure.Kind.USAGE,
                one.destination + " holds one backup, and not those of " + one.database + " and " + other.database,
                "for several, name a directory, with / at its end, or s3://BUCKET/PREFIX/");
    }
}
