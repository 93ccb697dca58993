package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.RestoreService;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "undo",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description =
                "Restore the newest safety copy of a database. That keeps a safety copy too, so an undo can be undone.",
        footerHeading = "%nExample:%n",
        footer = "  sqlite-backup undo app.db")
public final class UndoCommand implements Callable<Integer> {
    private final Environment environment;
    private final CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Mixin
    private RestoreOptions options;

    @Parameters(
            arity = "0..1",
            paramLabel = "DATABASE",
            description = "The database (default: $SQLITE_BACKUP_DB, else that of the OpenCode assistant).")
    private Path database;

    UndoCommand(Environment environment, CommonOptions common) {
        this.environment = environment;
        this.common = common;
    }

    @Override
    public Integer call() {
        return new RestoreRun(environment, spec.commandLine(), common, options)
                .run(new RestoreService.Wanted.SafetyCopy(), environment.database(database), false);
    }
}
