package dev.sqlitebackup.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command without a subcommand, and how all of them are put together. */
@Command(
        name = "sqlite-backup",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Back up a live SQLite database, and bring it back safely.",
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:success; also: nothing has changed since the backup",
            "1:failure",
            "2:bad arguments",
            "10:no database, no backup, a Git LFS pointer, or what the backup builds on is missing",
            "11:locked past --busy-timeout",
            "12:the database or the backup failed verification, or the backup an assertion",
            "13:restore: another process has the database open",
            "14:status: no backup, one too old, not whole or without what it builds on, a database that has shrunk "
                    + "or is gone, (--pushed) a backup that was not pushed, or (--max-verify-age) none proven for too long",
            "15:not enough room",
            "16:backup: the database has shrunk since the newest backup",
            "130:interrupted"
        },
        footerHeading = "%nPlaces for backups:%n",
        footer = {
            "  FILE.gz, s3://BUCKET/KEY.gz         always the newest backup",
            "  DIRECTORY/, s3://BUCKET/PREFIX/     a history of them",
            "  -                                   standard output, or input",
            "",
            "Environment:",
            "  SQLITE_BACKUP_DB                    the database, where none is named",
            "  SQLITE_BACKUP_TO                    the place for backups, likewise",
            "  SQLITE_BACKUP_HEALTH_FILE           with --every: the last result",
            "  AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,",
            "  AWS_ENDPOINT_URL_S3, …              for s3://, as the AWS SDK has them",
            "  SQLITE_BACKUP_S3_PATH_STYLE         false: the bucket is in the host's name",
            "  TMPDIR                              where temporary files go",
            "  XDG_STATE_HOME, XDG_CACHE_HOME      what was noted; what was sent to s3://",
            "  XDG_CONFIG_HOME                     what holds where nothing is said",
            "",
            "Examples:",
            "  sqlite-backup backup app.db --to=/mnt/nas/backups/",
            "  sqlite-backup restore /mnt/nas/backups/ --to=app.db",
            "  sqlite-backup help restore"
        })
public final class SqliteBackup implements Runnable {
    /** Which are not suggested to somebody who may have meant another. */
    static final Set<String> WRITING = Set.of("backup", "restore", "undo", "undelete", "prune", "report");

    private static final Set<String> HELP = Set.of("-h", "--help", "help");
    private static final int LEAST_COLUMNS = 80;
    private static final int MOST_COLUMNS = 120;

    @Spec
    private CommandSpec spec;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    /**
     * The command line. Results go to its out, everything else to its err.
     *
     * @param arguments what it will be given. Where the first word is a command, the others are left out: each takes
     *     more than a hundredth of a second to describe
     */
    public static CommandLine commandLine(Environment environment, String... arguments) {
        FailureHandler failures = new FailureHandler(environment);
        SqliteBackup program = new SqliteBackup();
        CommandLine commandLine = new CommandLine(program);
        Map<String, Supplier<Object>> commands = commands(environment, program.common);
        Supplier<Object> named = arguments.length > 0 && HELP.contains(arguments[0])
                ? null
                : commands.get(Stream.of(arguments)
                        .filter(argument -> !argument.startsWith("-"))
                        .findFirst()
                        .orElse(""));
        if (named != null) {
            commandLine.addSubcommand(named.get());
        } else {
            commands.values().forEach(command -> commandLine.addSubcommand(command.get()));
            commandLine.addSubcommand(new Completion());
            commandLine.addSubcommand(new HelpCommand());
        }
        if (Stream.of(arguments).anyMatch(HELP::contains)) {
            commandLine.setUsageHelpWidth(
                    Math.max(LEAST_COLUMNS, Math.min(MOST_COLUMNS, StandardStreams.terminalColumns())));
        }
        Converters.register(commandLine, environment);
        return commandLine
                .setExecutionStrategy(new Configured(environment))
                .setExpandAtFiles(false) // A file name may begin with @.
                .setExecutionExceptionHandler(failures)
                .setParameterExceptionHandler(failures);
    }

    /** Whether a command was told to print a debug log. */
    public static boolean isVerbose(CommandLine command) {
        return CommonOptions.of(command).verbose;
    }

    private static Map<String, Supplier<Object>> commands(Environment environment, CommonOptions common) {
        Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
        commands.put("backup", () -> new BackupCommand(environment, common));
        commands.put("restore", () -> new RestoreCommand(environment, common));
        commands.put("undo", () -> new UndoCommand(environment, common));
        commands.put("verify", () -> new VerifyCommand(environment, common));
        commands.put("list", () -> new ListCommand(environment, common));
        commands.put("status", () -> new StatusCommand(environment, common));
        commands.put("prune", () -> new PruneCommand(environment, common));
        commands.put("diff", () -> new DiffCommand(environment, common));
        commands.put("query", () -> new QueryCommand(environment, common));
        commands.put("undelete", () -> new UndeleteCommand(environment, common));
        commands.put("report", () -> new ReportCommand(environment, common));
        return commands;
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "a command is missing: backup, restore, undo, verify, list, status, prune, diff, query, "
                        + "undelete or report");
    }
}
