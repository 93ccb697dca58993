package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.UndeleteService;
import dev.sqlitebackup.files.NativeCode;
import dev.sqlitebackup.history.Location;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "undelete",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description =
                "Put rows back that a backup has and the database has no longer, with the rows that refer to them. "
                        + "Changes nothing else, keeps a safety copy, and works while applications use the database.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  # which is the newest backup that still has it?",
            "  sqlite-backup query /mnt/nas/backups/ --each --first \\",
            "      \"SELECT * FROM session WHERE id = 'ses_1'\"",
            "  # what would come back",
            "  sqlite-backup undelete /mnt/nas/backups/ --at=2026-11-22 --to=app.db \\",
            "      --table=session --where=\"id = 'ses_1'\" --dry-run",
            "  # all that was deleted from a table since the newest backup",
            "  sqlite-backup undelete backups/app.db.gz --to=app.db --table=session",
            "  # take it back",
            "  sqlite-backup undo app.db --live"
        })
public final class UndeleteCommand implements Callable<Integer> {
    private final Environment environment;
    private final CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "BACKUP",
            description = "A backup, a directory or s3://BUCKET/PREFIX/ with a history, a database, or - for a backup "
                    + "from standard input.")
    private Location backup;

    @Mixin
    private AtOption at;

    @Mixin
    private NameOption name;

    @Option(names = "--table", required = true, paramLabel = "TABLE", description = "The table whose rows come back.")
    private String table;

    @Option(
            names = "--where",
            paramLabel = "CONDITION",
            description = "Which of its rows in the backup: what would follow WHERE in a SELECT "
                    + "(default: all that the database has no longer).")
    private String condition;

    @Option(
            names = "--to",
            paramLabel = "DATABASE",
            description =
                    "The database that gets them (default: $SQLITE_BACKUP_DB, else that of the OpenCode assistant).")
    private Path database;

    @Option(
            names = "--only",
            description = "Only these rows: neither those that refer to them nor those that they refer to.")
    private boolean only;

    @Option(names = "--no-triggers", description = "Do not run the triggers of the tables that get rows.")
    private boolean withoutTriggers;

    @Option(
            names = "--dry-run",
            description = "Put them into a private copy of the database, say what came back, and show the first rows.")
    private boolean dryRun;

    @Option(
            names = "--safety-dir",
            paramLabel = "DIR",
            description = "Where the safety copy is kept (default: beside the database).")
    private Path safetyDirectory;

    /** Who knows restore tries it. */
    @Option(names = "--live", hidden = true)
    private boolean live;

    UndeleteCommand(Environment environment, CommonOptions common) {
        this.environment = environment;
        this.common = common;
    }

    @Override
    public Integer call() {
        if (live) {
            throw new ParameterException(
                    spec.commandLine(), "undelete needs no --live: it works while applications use the database");
        }
        long started = System.nanoTime();
        Path tmp = environment.temporaryDirectory(null);
        UndeleteService.Result result;
        try (ProgressDisplay progress = ProgressDisplay.of(common, environment.streams(), RunPlan.UNDELETE)) {
            NativeCode.unpackInto(environment.programDirectories(tmp));
            Path target = environment.database(database);
            result = new UndeleteService(environment.clock(), progress)
                    .undelete(new UndeleteService.Request(
                            environment.backup(backup, target, name.name(spec)),
                            at.notAfter(environment, spec),
                            name.name(spec),
                            target,
                            environment.isDatabaseNamed(database),
                            table,
                            condition,
                            only,
                            withoutTriggers,
                            dryRun,
                            tmp,
                            RestoreRun.directory("--safety-dir", safetyDirectory),
                            common.busyTimeout));
        }
        return new UndeleteReport(Output.of(spec.commandLine(), common), dryRun)
                .print(result, (System.nanoTime() - started) / 1_000_000);
    }
}
