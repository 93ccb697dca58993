package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.RestoreService;
import dev.sqlitebackup.history.Location;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "restore",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Bring a backup back, keeping a safety copy of what was there.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  # the default backup to the default database; a terminal is asked first",
            "  sqlite-backup restore",
            "  # say what would happen, and do nothing",
            "  sqlite-backup restore /mnt/nas/backups/ --to=app.db --dry-run",
            "  # what there was at the end of that day",
            "  sqlite-backup restore /mnt/nas/backups/ --to=app.db --at=2026-11-22",
            "  # from another machine",
            "  ssh HOST cat app.db.gz | sqlite-backup restore - --to=app.db",
            "  # take the restore back",
            "  sqlite-backup undo app.db"
        })
public final class RestoreCommand implements Callable<Integer> {
    private final Environment environment;
    private final CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Mixin
    private RestoreOptions options;

    @Parameters(
            arity = "0..1",
            paramLabel = "BACKUP",
            description = {
                "Any gzip file that holds a SQLite database, a plain one, a directory or s3://BUCKET/PREFIX/ "
                        + "with a history, s3://BUCKET/KEY.gz, or - for standard input",
                "(default: $SQLITE_BACKUP_TO, else backups/NAME.gz in the repository)."
            })
    private Location backup;

    @Mixin
    private AtOption at;

    @Mixin
    private NameOption name;

    @Option(
            names = "--to",
            paramLabel = "DATABASE",
            description = "The database to restore (default: $SQLITE_BACKUP_DB, else that of the OpenCode assistant).")
    private Path database;

    @Option(
            names = "--yes",
            description = "Ask nothing. Without BACKUP and --to, a restore on a terminal says what it would change, "
                    + "and asks.")
    private boolean yes;

    RestoreCommand(Environment environment, CommonOptions common) {
        this.environment = environment;
        this.common = common;
    }

    @Override
    public Integer call() {
        Path target = environment.database(database);
        RestoreService.Wanted wanted = new RestoreService.Wanted.Chosen(
                environment.backup(backup, target, name.name(spec)),
                at.notAfter(environment, spec),
                name.name(spec),
                environment.isDatabaseNamed(database));
        return new RestoreRun(environment, spec.commandLine(), common, options)
                .run(wanted, target, backup == null && database == null && !yes);
    }
}
