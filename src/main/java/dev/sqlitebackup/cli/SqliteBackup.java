package dev.sqlitebackup.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
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
            "0:done, and verified",
            "1:failure",
            "2:bad arguments",
            "10:no database, no backup, or a Git LFS pointer",
            "11:locked past --busy-timeout",
            "12:the database or the backup failed verification",
            "13:restore: another process has the database open",
            "14:status: no backup, one too old, or a database that has shrunk",
            "15:not enough room",
            "16:backup: the database has shrunk since the newest backup",
            "130:interrupted"
        },
        footer = {"", "Shell completion: source <(sqlite-backup generate-completion)"})
public final class SqliteBackup implements Runnable {
    @Spec
    private CommandSpec spec;

    /**
     * The command line. Results go to its out, everything else to its err.
     *
     * @param arguments what it will be given. Where the first is a command, the others are left out: each takes more
     *     than a hundredth of a second to describe
     */
    public static CommandLine commandLine(Environment environment, String... arguments) {
        FailureHandler failures = new FailureHandler(environment);
        CommandLine commandLine = new CommandLine(new SqliteBackup());
        Map<String, Supplier<Object>> commands = commands(environment);
        Supplier<Object> named = arguments.length == 0 ? null : commands.get(arguments[0]);
        if (named != null) {
            commandLine.addSubcommand(named.get());
        } else {
            commands.values().forEach(command -> commandLine.addSubcommand(command.get()));
            commandLine.addSubcommand(new GenerateCompletion());
        }
        Converters.register(commandLine, environment);
        return commandLine
                .setExpandAtFiles(false) // A file name may begin with @.
                .setExecutionExceptionHandler(failures)
                .setParameterExceptionHandler(failures);
    }

    private static Map<String, Supplier<Object>> commands(Environment environment) {
        Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
        commands.put("backup", () -> new BackupCommand(environment));
        commands.put("restore", () -> new RestoreCommand(environment));
        commands.put("undo", () -> new UndoCommand(environment));
        commands.put("verify", () -> new VerifyCommand(environment));
        commands.put("list", () -> new ListCommand(environment));
        commands.put("status", () -> new StatusCommand(environment));
        commands.put("prune", () -> new PruneCommand(environment));
        commands.put("report", () -> new ReportCommand(environment));
        return commands;
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "a command is missing: backup, restore, undo, verify, list, status, prune or report");
    }
}
