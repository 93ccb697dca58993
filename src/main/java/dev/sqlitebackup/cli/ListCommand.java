package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.ListService;
import dev.sqlitebackup.history.Location;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "List what there is to restore, newest first.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  # a history",
            "  sqlite-backup list /mnt/nas/backups/",
            "  # the commits of a backup that Git tracks",
            "  sqlite-backup list backups/opencode.db.gz",
            "  # the safety copies of a database",
            "  sqlite-backup list app.db"
        })
public final class ListCommand implements Callable<Integer> {
    private final Environment environment;
    private final CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "DEST",
            description =
                    "A directory or s3://BUCKET/PREFIX/, a backup file or a database (default: $SQLITE_BACKUP_TO, else backups/NAME.gz "
                            + "in the repository).")
    private Location location;

    @Mixin
    private NameOption name;

    ListCommand(Environment environment, CommonOptions common) {
        this.environment = environment;
        this.common = common;
    }

    @Override
    public Integer call() {
        ListService.Listing listing = new ListService()
                .list(environment.place(location, environment.database(null), name.name(spec)), name.name(spec));
        return Reporter.of(spec.commandLine(), common).list(listing);
    }
}
