package dev.sqlitebackup.testing;

import java.nio.file.Path;

/** A repository that is set up for backups. */
public final class Installation {
    private static final Path PROJECT = Path.of("").toAbsolutePath();

    private Installation() {}

    /**
     * Sets it up as a user does, with the archive of classes that the first run there would take seconds to make. Java
     * accepts it for the very jar that it was made of.
     */
    public static Tools.Ended into(Path repository, Path home) {
        Tools.Ended ended = Tools.sh("HOME=\"$3\" \"$1/scripts/install-into\" \"$2\"", PROJECT, repository, home)
                .ok();
        Tools.sh(
                        "export JAVA_HOME=$3; \"$1/scripts/sqlite-backup\" --version; "
                                + "ln -f \"$1/target/sqlite-backup.jar\" \"$2/scripts/\" "
                                + "&& cp -p \"$1\"/target/sqlite-backup-*.jsa \"$2/scripts/\" || true",
                        PROJECT,
                        repository,
                        System.getProperty("java.home"))
                .ok();
        return ended;
    }
}
