package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.core.StatusService;
import dev.sqlitebackup.history.Location;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
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
        description =
                "Say how old the newest backup is, and whether the database has changed since. Exit code 14 when that is an alarm.",
        footer = {
            "",
            "Examples:",
            "  sqlite-backup status app.db --to=/mnt/nas/backups/ --max-age=6h",
            "  sqlite-backup status --quiet || echo 'no backup, or an old one'"
        })
public final class StatusCommand implements Callable<Integer> {
    private final Environment environment;

    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Parameters(
            arity = "0..1",
            paramLabel = "DATABASE",
            description =
                    "The database; it may be on another machine (default: $SQLITE_BACKUP_DB, else the OpenCode history).")
    private Path database;

    @Option(
            names = "--to",
            paramLabel = "DEST",
            description = "Where the backups are (default: $SQLITE_BACKUP_TO, else backups/NAME.gz in the repository).")
    private Location destination;

    @Mixin
    private NameOption name;

    @Option(
            names = "--max-age",
            paramLabel = "DURATION",
            defaultValue = "24h",
            description = "How long a database that has changed may go without a backup (default: ${DEFAULT-VALUE}).")
    private Duration maxAge;

    StatusCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        Path source = environment.database(database);
        StatusService.Result result = new StatusService(environment.clock())
                .status(new StatusService.Request(
                        source,
                        environment.isDatabaseNamed(database),
                        environment.place(destination, source, name.name(spec)),
                        name.name(spec),
                        maxAge));
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("database", result.database().toString());
        fields.put("backup", result.backup() == null ? null : result.backup().location());
        fields.put(
                "createdAt",
                result.backup() == null ? null : result.backup().createdAt().toString());
        fields.put(
                "confirmedAt",
                result.confirmedAt() == null ? null : result.confirmedAt().toString());
        fields.put("ageSeconds", result.age() == null ? null : result.age().toSeconds());
        fields.put("changedSince", result.changedSince());
        fields.put("state", result.freshness().word());
        Output output = Output.of(spec.commandLine(), common);
        switch (result.freshness()) {
            case FRESH -> output.success(List.of("fresh: " + facts(result)), result.warnings(), fields);
            case STALE -> {
                return output.failure(
                        new Failure(
                                Failure.Kind.STALE,
                                "stale: " + facts(result),
                                "see why backups have stopped; or " + result.hint()),
                        result.warnings(),
                        fields);
            }
            case SHRUNK -> {
                return output.failure(
                        new Failure(
                                Failure.Kind.STALE,
                                String.format(
                                        Locale.ROOT,
                                        "%s has shrunk, and nobody has said that this is right: %s of it were in use in the backup of %s; the newest is of %s: %s",
                                        result.database(),
                                        Output.size(result.shrunk().contentBytes()),
                                        result.shrunk().createdAt(),
                                        result.backup().createdAt(),
                                        result.backup().location()),
                                result.hint()),
                        result.warnings(),
                        fields);
            }
            case MISSING -> {
                return output.failure(
                        new Failure(Failure.Kind.STALE, result.missing(), result.hint()), result.warnings(), fields);
            }
        }
        return ExitCodes.OK;
    }

    private static String facts(StatusService.Result result) {
        Duration age = result.age();
        String when = age.isNegative()
                ? Output.age(age.negated()) + " after now (a clock is or was wrong)"
                : Output.age(age) + " ago";
        String changed = result.changedSince() == null
                ? "whether the database has changed since is not known: it is not here, or was written within 2 s of the backup, or has other paths (hard links, a mount of the file alone)"
                : result.changedSince() ? "the database has changed since" : "the database has not changed since";
        return "the backup of " + result.backup().createdAt()
                + (result.confirmedAt() == null ? " was made " : " was last found current ") + when + ", " + changed
                + ": " + result.backup().location();
    }
}
