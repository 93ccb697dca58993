package dev.sqlitebackup.history;

import dev.sqlitebackup.sqlite.Databases;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Which of several databases at one place is meant.
 *
 * @param name what its backups are called there, as the user said it; null if he did not
 * @param database where it is or was
 * @param databaseNamed whether the user said which database; the default one takes no backup of another
 */
public record DatabaseChoice(String name, Path database, boolean databaseNamed) {
    /** @param database as the user named it */
    public static DatabaseChoice of(String name, Path database, boolean databaseNamed) {
        Databases.name(database); // Refuses what has none.
        return new DatabaseChoice(
                name,
                Files.exists(database)
                        ? Databases.real(database)
                        : database.toAbsolutePath().normalize(),
                databaseNamed);
    }

    String fileName() {
        return database.getFileName().toString();
    }
}
