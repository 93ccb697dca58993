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
        footer = {
            "",
            "Examples:",
            "  sqlite-backup restore                              the default backup to the default database; "
                    + "on a terminal it asks first",
            "  sqlite-backup restore app.db.gz --to=/srv/app.db",
            "  sqlite-backup restore --at=2026-11-22              what there was at the end of that day, from a "
                    + "history or from Git",
            "  ssh HOST cat app.db.gz | sqlite-backup restore - --to=app.db",
            "  sqlite-backup restore --dry-run                    verify, and say what would happen",
            "  sqlite-backup undo                                 take the restore back"
        })
public final class RestoreCommand implements Callable<Integer> {
    private final Environment environment;

    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Mixin
    private RestoreOptions options;

    @Parameters(
            arity = "0..1",
            paramLabel = "BACKUP",
            description = {
                "Any gzip file that holds a SQLite database, a plain one, a directory with a history, or - for "
                        + "standard input",
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
            description = "The database to restore (default: $SQLITE_BACKUP_DB, else the OpenCode history).")
    private Path database;

    @Option(
            names = "--yes",
            description = "Ask nothing. Without BACKUP and --to, a restore on a terminal says what it is about to do, "
                    + "and asks.")
    private boolean yes;

    RestoreCommand(Environment environment) {
        this.environment = environment;
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
