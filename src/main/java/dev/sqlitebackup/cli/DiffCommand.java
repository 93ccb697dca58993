package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.DiffService;
import dev.sqlitebackup.core.Difference;
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
        name = "diff",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Say what differs between two states of a database, table by table. Touches nothing.",
        footer = {
            "",
            "Examples:",
            "  # what has changed in the database since its newest backup",
            "  sqlite-backup diff backups/app.db.gz",
            "  # since that day, in one table, row by row",
            "  sqlite-backup diff /mnt/nas/backups/ app.db --at=2026-11-22 --table=session",
            "  # what the last restore has changed",
            "  sqlite-backup diff app.db.pre-restore-20261122232233"
        })
public final class DiffCommand implements Callable<Integer> {
    /** More are no longer read, and take memory. */
    static final int MOST_ROWS = 10_000;

    private final Environment environment;
    private final CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "OLD",
            description = "A backup, a directory or s3://BUCKET/PREFIX/ with a history, a database, or - for a backup "
                    + "from standard input.")
    private Location old;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "NEW",
            description = "The same (default: the database that OLD was made of, as far as its state says; else "
                    + "$SQLITE_BACKUP_DB, else that of the OpenCode assistant).")
    private Location newer;

    @Mixin
    private AtOption at;

    @Mixin
    private NameOption name;

    @Option(names = "--table", paramLabel = "TABLE", description = "Only this table, with the rows that differ.")
    private String table;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "" + DiffService.DEFAULT_LIMIT,
            description = "With --table: how many rows to show, up to " + MOST_ROWS + " (default: ${DEFAULT-VALUE}).")
    private int limit;

    DiffCommand(Environment environment, CommonOptions common) {
        this.environment = environment;
        this.common = common;
    }

    @Override
    public Integer call() {
        if (table == null && spec.commandLine().getParseResult().hasMatchedOption("--limit")) {
            throw new ParameterException(spec.commandLine(), "--limit is for the rows of --table, which is not given");
        }
        if (limit < 0 || limit > MOST_ROWS) {
            throw new ParameterException(
                    spec.commandLine(), "--limit wants a number from 0 to " + MOST_ROWS + ", and not " + limit);
        }
        Path tmp = environment.temporaryDirectory(null);
        Difference difference;
        try (ProgressDisplay progress = ProgressDisplay.of(common, environment.streams(), RunPlan.DIFF)) {
            NativeCode.unpackInto(environment.programDirectories(tmp));
            Path database = environment.database(null);
            difference = new DiffService(environment.clock(), progress)
                    .diff(new DiffService.Request(
                            environment.backup(old, database, name.name(spec)),
                            newer == null ? null : environment.backup(newer, database, name.name(spec)),
                            database,
                            name.name(spec),
                            at.notAfter(environment, spec),
                            table,
                            limit,
                            tmp,
                            common.busyTimeout));
        }
        return new DiffReport(Output.of(spec.commandLine(), common)).print(difference);
    }
}
