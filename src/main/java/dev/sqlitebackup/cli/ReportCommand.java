package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.Report;
import dev.sqlitebackup.core.ReportService;
import dev.sqlitebackup.files.NativeCode;
import dev.sqlitebackup.history.Location;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Write a page to look at: every backup on a time axis, what was proven, and how to restore it.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  sqlite-backup report /mnt/nas/backups/ --to=report.html",
            "  sqlite-backup report /mnt/nas/backups/ --to=report.html --rows --keep-last=6"
        })
public final class ReportCommand implements Callable<Integer> {
    private final Environment environment;
    private final CommonOptions common;

    @Spec
    private CommandSpec spec;

    @ArgGroup(validate = false, heading = "%nRules, to see what prune would delete with them:%n")
    private RetentionOptions retention = new RetentionOptions();

    @Parameters(
            arity = "0..1",
            paramLabel = "DEST",
            description =
                    "A directory or s3://BUCKET/PREFIX/, a backup file or a database (default: $SQLITE_BACKUP_TO, else backups/NAME.gz "
                            + "in the repository).")
    private Location location;

    @Option(
            names = "--to",
            required = true,
            paramLabel = "FILE.html",
            description = "The page: a new file, or one that this command has made.")
    private Path to;

    @Mixin
    private NameOption name;

    @Option(
            names = "--rows",
            description = "Read and verify the newest backup of each database, and count the rows of its tables.")
    private boolean rows;

    ReportCommand(Environment environment, CommonOptions common) {
        this.environment = environment;
        this.common = common;
    }

    @Override
    public Integer call() {
        ReportFile file = ReportFile.of(to);
        Path tmp = environment.temporaryDirectory(null);
        Report report;
        try (ProgressDisplay progress = ProgressDisplay.of(common, environment.streams(), RunPlan.VERIFY)) {
            NativeCode.unpackInto(environment.programDirectories(tmp));
            report = new ReportService(environment.clock(), progress)
                    .report(new ReportService.Request(
                            environment.place(location, environment.database(null), name.name(spec)),
                            name.name(spec),
                            retention.rules(spec),
                            rows,
                            tmp,
                            common.busyTimeout));
        }
        ReportHints hints = new ReportHints(report.place(), name.name(spec), file.path(), retention.words(), rows);
        file.write(ReportPage.of(report, hints));
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("report", file.path().toString());
        fields.put("databases", report.databases().size());
        fields.put("backups", report.backupCount());
        String line = "wrote a report of " + ReportWords.count(report.backupCount(), "backup") + " of "
                + ReportWords.count(report.databases().size(), "database") + " to " + file.path();
        Output.of(spec.commandLine(), common).success(List.of(line), report.warnings(), fields);
        return ExitCodes.OK;
    }
}
