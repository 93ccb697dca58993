package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.StatusService;
import dev.sqlitebackup.history.Location;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Say how old the newest backup is, and whether the database has changed since. Exit code 14 "
                + "when that is an alarm.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  sqlite-backup status app.db --to=/mnt/nas/backups/ --max-age=6h",
            "  # for cron: silent while all is well",
            "  sqlite-backup status --quiet --pushed"
        })
public final class StatusCommand implements Target.Command {
    private final Environment environment;
    /** One for all that it is asked for: it looks at a place once. */
    private final StatusService service;

    private final CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "0..*",
            paramLabel = "DATABASE",
            description = "The database, or several; it may be on another machine (default: $SQLITE_BACKUP_DB, else "
                    + "that of the OpenCode assistant).")
    private List<Path> databases = List.of();

    @Mixin
    private Targets targets;

    @Option(
            names = "--to",
            paramLabel = "DEST",
            description =
                    "Where the backups are, s3:// as well (default: $SQLITE_BACKUP_TO, else backups/NAME.gz in the repository).")
    private Location destination;

    @Mixin
    private NameOption name;

    @Mixin
    private PingOption ping;

    @Option(
            names = "--max-age",
            paramLabel = "DURATION",
            defaultValue = "24h",
            description = "How long a database that has changed may go without a backup (default: ${DEFAULT-VALUE}).")
    private Duration maxAge;

    @Option(
            names = "--pushed",
            description = "Count a backup only when Git has pushed it: exit code 14 too when something has waited for "
                    + "longer than --max-age to be pushed.")
    private boolean pushed;

    @Option(
            names = "--max-verify-age",
            paramLabel = "DURATION",
            description = "Exit code 14 too when verify has not proven the newest backup for longer than this "
                    + "(default: no matter).")
    private Duration maxVerifyAge;

    @Mixin
    private MetricsOption metrics;

    StatusCommand(Environment environment, CommonOptions common) {
        this.environment = environment;
        this.service = new StatusService(environment.clock());
        this.common = common;
        this.metrics = new MetricsOption(environment.clock(), this::subject);
    }

    private MetricsOption.Subject subject() {
        return targets.subject(databases, destination, name, environment, spec);
    }

    @Override
    public void only(Target target) {
        databases = List.of(target.database());
        destination = target.place();
        targets = new Targets();
    }

    @Override
    public Integer call() {
        common.ping = ping.ping();
        return metrics.measure(facts -> {
            Targets.Found found = targets.of(databases, destination, name, environment, spec);
            return found.isOne()
                    ? status(facts)
                    : new Several(environment, spec, common).run(found.each(), found.warnings());
        });
    }

    private int status(Facts facts) {
        Path source = environment.database(Targets.one(databases));
        StatusService.Result result = service.status(new StatusService.Request(
                source,
                environment.isDatabaseNamed(Targets.one(databases)),
                environment.place(destination, source, name.name(spec)),
                name.name(spec),
                maxAge,
                pushed,
                maxVerifyAge));
        facts.of(subject().database(), result);
        return Reporter.of(spec.commandLine(), common).status(result);
    }
}
