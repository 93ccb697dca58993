package dev.sqlitebackup.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The options that restore and undo have in common. */
public final class RestoreOptions {
    @Option(names = "--live", description = "Restore while other processes keep the database open.")
    boolean live;

    @Option(
            names = "--dry-run",
            description =
                    "Verify what would be restored, say which rows would go, come back or change, and do nothing.")
    boolean dryRun;

    @Option(
            names = "--tmp-dir",
            paramLabel = "DIR",
            description = "Where that is unpacked and verified (default: beside the database).")
    Path stagingDirectory;

    @Option(
            names = "--safety-dir",
            paramLabel = "DIR",
            description =
                    "Where safety copies are: a new one is kept there, and undo looks for the newest there (default: "
                            + "beside the database).")
    Path safetyDirectory;
}
