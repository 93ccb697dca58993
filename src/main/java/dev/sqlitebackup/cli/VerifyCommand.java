package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.VerifyService;
import dev.sqlitebackup.files.NativeCode;
import dev.sqlitebackup.history.Location;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description =
                "Prove that a backup would restore: decompress all of it and check its structure. Touches nothing.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  sqlite-backup verify /mnt/nas/backups/",
            "  sqlite-backup verify backups/opencode.db.gz --at=2026-11-22"
        })
public final class VerifyCommand implements Callable<Integer> {
    private final Environment environment;
    private final CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "BACKUP",
            description =
                    "The backup, a directory or s3://BUCKET/PREFIX/ with a history, or - for standard input (default: "
                            + "$SQLITE_BACKUP_TO, else backups/NAME.gz in the repository).")
    private Location backup;

    @Mixin
    private AtOption at;

    @Mixin
    private NameOption name;

    VerifyCommand(Environment environment, CommonOptions common) {
        this.environment = environment;
        this.common = common;
    }

    @Override
    public Integer call() {
        Path tmp = environment.temporaryDirectory(null);
        VerifyService.Result result;
        try (ProgressDisplay progress = ProgressDisplay.of(common, environment.streams(), RunPlan.VERIFY)) {
            NativeCode.unpackInto(environment.programDirectories(tmp));
            Path database = environment.database(null);
            result = new VerifyService(environment.clock(), progress)
                    .verify(new VerifyService.Request(
                            environment.backup(backup, database, name.name(spec)),
                            database,
                            name.name(spec),
                            at.notAfter(environment, spec),
                            tmp,
                            common.busyTimeout));
        }
        return Reporter.of(spec.commandLine(), common).verify(result);
    }
}
