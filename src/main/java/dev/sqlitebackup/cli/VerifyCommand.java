package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.VerifyAll;
import dev.sqlitebackup.core.VerifyService;
import dev.sqlitebackup.files.NativeCode;
import dev.sqlitebackup.history.Location;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description =
                "Prove that a backup would restore: decompress all of it and check its structure. Changes no backup; "
                        + "where the newest is proven in full, notes that for status.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  sqlite-backup verify /mnt/nas/backups/",
            "  sqlite-backup verify backups/opencode.db.gz --at=2026-11-22",
            "  # all there is, and whether the newest content is what it should be",
            "  sqlite-backup verify /mnt/nas/backups/ --all",
            "  sqlite-backup verify /mnt/nas/backups/ \\",
            "      --assert='SELECT count(*) > 100 FROM session'"
        })
public final class VerifyCommand implements Target.Command {
    private final Environment environment;
    private final CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "0..*",
            paramLabel = "BACKUP",
            description =
                    "The backup, a directory or s3://BUCKET/PREFIX/ with a history, or - for standard input; or several (default: "
                            + "$SQLITE_BACKUP_TO, else backups/NAME.gz in the repository).")
    private List<Location> backups = List.of();

    @Mixin
    private AtOption at;

    @Mixin
    private NameOption name;

    @Option(
            names = "--all",
            description = "Every backup of every database there (with --name: of that one), a line each. Exit code 12 "
                    + "if any is bad; the others are verified all the same.")
    private boolean all;

    @Option(
            names = "--assert",
            paramLabel = "SQL",
            description = "A SELECT whose first value has to be true in the backup, neither 0 nor NULL nor empty; exit "
                    + "code 12 if it is not. May be given several times.")
    private List<String> assertions = List.of();

    @Mixin
    private PingOption ping;

    @Mixin
    private MetricsOption metrics;

    VerifyCommand(Environment environment, CommonOptions common) {
        this.environment = environment;
        this.common = common;
        this.metrics = new MetricsOption(environment.clock(), this::subject);
    }

    private MetricsOption.Subject subject() {
        return Targets.subject(backups, this::place, name, environment, spec);
    }

    private Location place() {
        return environment.destination(Targets.one(backups), environment.database(null), name.name(spec));
    }

    @Override
    public void only(Target target) {
        backups = List.of(target.place());
    }

    @Override
    public Integer call() {
        common.ping = ping.ping();
        return metrics.measure(facts -> {
            List<Target> several = backups.isEmpty() ? Targets.configured(environment, common) : Targets.of(backups);
            return backups.size() > 1 || backups.isEmpty() && !several.isEmpty()
                    ? new Several(environment, spec, common).run(several, List.of())
                    : verify(facts);
        });
    }

    private int verify(Facts facts) {
        Instant notAfter = at.notAfter(environment, spec);
        if (all && notAfter != null) {
            throw new ParameterException(spec.commandLine(), "--at chooses one backup, and --all takes every one");
        }
        VerifyReport report = new VerifyReport(Output.of(spec.commandLine(), common));
        Path tmp = environment.temporaryDirectory(null);
        try (ProgressDisplay progress =
                ProgressDisplay.of(common, environment.streams(), all ? RunPlan.VERIFY_ALL : RunPlan.VERIFY)) {
            NativeCode.unpackInto(environment.programDirectories(tmp));
            VerifyService.Request request = request(notAfter, tmp);
            return all ? all(request, progress, report, facts) : one(request, progress, report, facts);
        }
    }

    private int one(VerifyService.Request request, ProgressDisplay progress, VerifyReport report, Facts facts) {
        VerifyService.Result result = new VerifyService(environment.clock(), progress).verify(request);
        progress.close();
        if (request.notAfter() == null) {
            facts.of(subject().database(), result, environment.clock().instant());
        }
        return report.print(result);
    }

    private int all(VerifyService.Request request, ProgressDisplay progress, VerifyReport report, Facts facts) {
        VerifyAll.Result result = new VerifyAll(
                        environment.clock(), progress, request, outcome -> progress.aside(() -> report.print(outcome)))
                .verify();
        progress.close();
        facts.of(subject().database(), result, environment.clock().instant());
        return report.print(result);
    }

    private VerifyService.Request request(Instant notAfter, Path tmp) {
        Path database = environment.database(null);
        return new VerifyService.Request(
                environment.backup(Targets.one(backups), database, name.name(spec)),
                database,
                name.name(spec),
                notAfter,
                assertions,
                tmp,
                common.busyTimeout);
    }
}
