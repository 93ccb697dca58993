package dev.sqlitebackup.cli;

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

    /** The whole command line. Results go to its out, everything else to its err. */
    public static CommandLine commandLine(Environment environment) {
        FailureHandler failures = new FailureHandler(environment);
        CommandLine commandLine = new CommandLine(new SqliteBackup())
                .addSubcommand(new BackupCommand(environment))
                .addSubcommand(new RestoreCommand(environment))
                .addSubcommand(new UndoCommand(environment))
                .addSubcommand(new VerifyCommand(environment))
                .addSubcommand(new ListCommand(environment))
                .addSubcommand(new StatusCommand(environment))
                .addSubcommand(new PruneCommand(environment))
                .addSubcommand(new GenerateCompletion());
        Converters.register(commandLine, environment);
        return commandLine
                .setExpandAtFiles(false) // A file name may begin with @.
                .setExecutionExceptionHandler(failures)
                .setParameterExceptionHandler(failures);
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "a command is missing: backup, restore, undo, verify, list, status or prune");
    }
}
