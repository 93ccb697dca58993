package dev.sqlitebackup.cli;

import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.core.BackupService;
import dev.sqlitebackup.core.StreamService;
import dev.sqlitebackup.files.NativeCode;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Origin;
import dev.sqlitebackup.history.RetentionRules;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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
        name = "backup",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Make a verified, compressed backup of a live database.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  # the default database to the default backup",
            "  sqlite-backup backup",
            "  # a file, which always holds the newest",
            "  sqlite-backup backup app.db --to=/mnt/nas/app.db.gz",
            "  # a history: yesterday stays",
            "  sqlite-backup backup app.db --to=/mnt/nas/backups/ --keep-daily=7",
            "  sqlite-backup backup app.db --to=s3://bucket/app/ --keep-daily=7",
            "  # in Git, all the way",
            "  sqlite-backup backup app.db --to=backups/ --push"
        })
public final class BackupCommand implements Target.Command {
    /** Each has a few blocks under way; more would cost memory and gain nothing. */
    static final int MAX_THREADS = 64;

    static final int MAX_LEVEL = 9;

    private final Environment environment;
    private final CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "0..*",
            paramLabel = "DATABASE",
            description = "The SQLite file (default: $SQLITE_BACKUP_DB, else that of the OpenCode assistant). Several "
                    + "are backed up one after the other; one that fails stops no other.")
    private List<Path> databases = List.of();

    @Mixin
    private Targets targets;

    @Option(
            names = "--to",
            paramLabel = "DEST",
            description = {
                "Where the backup goes: a file ending in .gz or s3://BUCKET/KEY.gz, always the newest backup; a "
                        + "directory/ or s3://BUCKET/PREFIX/, a history of them; or -, standard output",
                "(default: $SQLITE_BACKUP_TO, else backups/NAME.gz in the repository)."
            })
    private Location destination;

    @Mixin
    private NameOption name;

    @Option(
            names = "--allow-shrink",
            description = "Accept that the database holds less than half of its newest backup, or has no table left "
                    + "(else exit code 16).")
    private boolean allowShrink;

    @Option(
            names = "--full",
            description =
                    "Compare with all of the database. In a history, make a full backup instead of an increment, also if the newest one is an increment "
                            + "of the same content.")
    private boolean full;

    @Option(
            names = "--level",
            paramLabel = "1..9",
            defaultValue = "1",
            description =
                    "How hard to compress (default: ${DEFAULT-VALUE}). Of text, 6 makes a file about a tenth smaller in twice "
                            + "the time, 9 hardly smaller still in four times. Blocks taken over from the last backup keep "
                            + "their level.")
    private int level;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "How many threads compress (default: the processors of this machine).")
    private Integer threads;

    @Option(
            names = "--compact",
            description = "Leave out free pages (VACUUM INTO): smaller for a database that shrank, slower, and "
                    + "without the pages' own order. In a history, deleted rows move the pages after them, and the run then "
                    + "makes a full backup.")
    private boolean compact;

    @Option(
            names = "--tmp-dir",
            paramLabel = "DIR",
            description = "Where the uncompressed snapshot goes (default: $TMPDIR, else the system's).")
    private Path temporaryDirectory;

    @Mixin
    private PingOption ping;

    @Option(
            names = "--every",
            paramLabel = "DURATION",
            description = {
                "Do not end: back up at once, and then at every whole multiple of DURATION (every 4h: 00:00, "
                        + "04:00, … UTC).",
                "A signal that finds no backup under way ends it with 0. The last result is written to the file "
                        + "$SQLITE_BACKUP_HEALTH_FILE, if that is set."
            })
    private Duration every;

    @Mixin
    private ObjectLockOption objectLock;

    @Mixin
    private GitOptions git;

    @ArgGroup(
            validate = false,
            heading = "%nAfter a success, delete older backups in the directory that no rule keeps:%n")
    private RetentionOptions retention = new RetentionOptions();

    @Mixin
    private MetricsOption metrics;

    /** Below a directory, and not named. */
    private boolean isFound;

    BackupCommand(Environment environment, CommonOptions common) {
        this.environment = environment;
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
        isFound = target.isFound();
        every = null;
    }

    @Override
    public Integer call() {
        common.standardOutputIsTaken =
                destination == null ? environment.isStandardOutputTheDefault() : destination.isPipe();
        common.ping = ping.ping();
        if (every == null) {
            return run();
        }
        if (every.isZero()) {
            throw new ParameterException(spec.commandLine(), "--every takes a second or more");
        }
        if (common.standardOutputIsTaken) {
            throw new ParameterException(
                    spec.commandLine(), "--every cannot write one backup after the other to standard output");
        }
        TimedLines.install(spec.commandLine(), common.json, environment.clock());
        common.service = new Service(environment.clock(), every, environment.healthFile());
        return common.service.run(spec.commandLine(), this::run);
    }

    private int run() {
        return metrics.measure(facts -> {
            Targets.Found found = targets.of(databases, destination, name, environment, spec);
            return found.isOne()
                    ? backUp(facts)
                    : new Several(environment, spec, common).run(found.each(), found.warnings());
        });
    }

    private Origin.Claim claim() {
        return NameOption.isTyped(spec) ? Origin.Claim.TYPED : isFound ? Origin.Claim.FOUND : Origin.Claim.NAMED;
    }

    private int threadCount() {
        if (level < 1 || level > MAX_LEVEL) {
            throw new ParameterException(
                    spec.commandLine(), "--level is a number from 1 to " + MAX_LEVEL + ", not " + level);
        }
        int threadCount = threads != null
                ? threads
                : Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors());
        if (threadCount < 1 || threadCount > MAX_THREADS) {
            throw new ParameterException(
                    spec.commandLine(), "--threads is a number from 1 to " + MAX_THREADS + ", not " + threadCount);
        }
        return threadCount;
    }

    /** @return the exit code of a backup that was made */
    private int backUp(Facts facts) {
        long started = System.nanoTime();
        Compression compression = new Compression(level, threadCount());
        RetentionRules rules = retention.rules(spec);
        Path source = environment.database(Targets.one(databases));
        Location to = objectLock.on(environment.destination(destination, source, name.name(spec)), spec);
        Path tmp = environment.temporaryDirectory(temporaryDirectory);
        if (to.isPipe()) {
            refuseIfNotForAPipe(rules);
        }
        BackupService.Request request = new BackupService.Request(
                source,
                to,
                name.name(spec),
                claim(),
                compact,
                full,
                compression,
                tmp,
                common.busyTimeout,
                rules,
                allowShrink);
        GitRun inGit = GitRun.of(git, request);
        BackupService.Result result;
        try (ProgressDisplay progress =
                ProgressDisplay.of(common, environment.streams(), to.isPipe() ? RunPlan.PIPE : RunPlan.BACKUP)) {
            NativeCode.unpackInto(environment.programDirectories(tmp));
            result = to.isPipe()
                    ? new StreamService(environment.clock(), progress)
                            .backup(request, environment.streams().out())
                    : new BackupService(environment.clock(), progress).backup(request);
        }
        inGit.take(result);
        facts.of(subject().database(), result);
        long durationMillis = (System.nanoTime() - started) / 1_000_000;
        List<String> warnings = new ArrayList<>(result.verification().news());
        warnings.addAll(inGit.warnings());
        return Reporter.of(spec.commandLine(), common).backup(result, durationMillis, warnings, inGit);
    }

    private void refuseIfNotForAPipe(RetentionRules rules) {
        if (!rules.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "--keep-… needs a directory as destination, and --to=- has no history");
        }
        if (environment.streams().outIsTerminal()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--to=- writes compressed bytes, and standard output is a terminal: pipe it into something");
        }
    }
}
