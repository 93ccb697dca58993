package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.PruneService;
import dev.sqlitebackup.files.NativeCode;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Origin;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "prune",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Delete backups that no rule keeps, and never the newest one that verifies.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  # what would go, and why the rest stays",
            "  sqlite-backup prune /mnt/nas/backups/ --keep-daily=7 --dry-run",
            "  # the safety copies of a database",
            "  sqlite-backup prune app.db --keep-last=3"
        })
public final class PruneCommand implements Target.Command {
    private final Environment environment;
    private final CommonOptions common;

    @Spec
    private CommandSpec spec;

    @ArgGroup(validate = false, heading = "%nRules; at least one:%n")
    private RetentionOptions retention = new RetentionOptions();

    @Parameters(
            arity = "0..*",
            paramLabel = "DEST",
            description =
                    "A directory or s3://BUCKET/PREFIX/ with a history, or a database; or several. By default, where "
                            + "a configuration file has rules for its databases, their places.")
    private List<Location> locations = List.of();

    @Mixin
    private NameOption name;

    @Option(names = "--dry-run", description = "Say what would go and why the rest stays, and delete nothing.")
    private boolean dryRun;

    @Mixin
    private MetricsOption metrics;

    PruneCommand(Environment environment, CommonOptions common) {
        this.environment = environment;
        this.common = common;
        this.metrics = new MetricsOption(environment.clock(), this::subject);
    }

    private MetricsOption.Subject subject() {
        return dryRun ? null : Targets.subject(locations, this::place, name, environment, spec);
    }

    private Location place() {
        return environment.place(Targets.one(locations), null, null);
    }

    /** Those of the configuration of which rules say what goes. */
    private List<Target> configured() {
        boolean typed = !retention.words().isEmpty();
        return Targets.configured(environment, common).stream()
                .filter(target -> typed || target.configured().hasRules())
                .toList();
    }

    @Override
    public void only(Target target) {
        locations = List.of(target.place());
    }

    @Override
    public Integer call() {
        return dryRun ? run(new Facts()) : metrics.measure(this::run);
    }

    private int run(Facts facts) {
        List<Target> several = locations.isEmpty() ? configured() : Targets.of(locations);
        if (locations.size() > 1 || locations.isEmpty() && !several.isEmpty()) {
            return new Several(environment, spec, common).run(several, List.of());
        }
        boolean byFile = common.configured != null && common.configured.to() != null;
        if (locations.isEmpty() && !byFile) {
            throw new ParameterException(spec.commandLine(), "Missing required parameter: 'DEST'");
        }
        return prune(facts);
    }

    private int prune(Facts facts) {
        Path tmp = environment.temporaryDirectory(null);
        PruneService.Pruned pruned;
        try (ProgressDisplay progress = ProgressDisplay.of(common, environment.streams(), RunPlan.PRUNE)) {
            NativeCode.unpackInto(environment.programDirectories(tmp));
            PruneService service = new PruneService(environment.clock(), progress);
            PruneService.Request request = new PruneService.Request(
                    place(),
                    name.name(spec),
                    common.configured == null ? null : common.configured.path(),
                    NameOption.isTyped(spec) ? Origin.Claim.TYPED : Origin.Claim.NAMED,
                    retention.rules(spec),
                    tmp,
                    common.busyTimeout);
            pruned = dryRun ? service.plan(request) : service.prune(request);
        }
        facts.of(pruned);
        return Reporter.of(spec.commandLine(), common).prune(pruned, dryRun);
    }
}
