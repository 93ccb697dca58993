package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.ListService;
import dev.sqlitebackup.core.RowsOfEach;
import dev.sqlitebackup.files.NativeCode;
import dev.sqlitebackup.history.Location;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "List what there is to restore, newest first.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  # a history",
            "  sqlite-backup list /mnt/nas/backups/",
            "  # the commits of a backup that Git tracks",
            "  sqlite-backup list backups/opencode.db.gz",
            "  # when rows of a table went",
            "  sqlite-backup list /mnt/nas/backups/ --rows=session",
            "  # the safety copies of a database",
            "  sqlite-backup list app.db"
        })
public final class ListCommand implements Callable<Integer> {
    private final Environment environment;
    private final CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "DEST",
            description =
                    "A directory or s3://BUCKET/PREFIX/, a backup file or a database (default: $SQLITE_BACKUP_TO, else backups/NAME.gz "
                            + "in the repository).")
    private Location location;

    @Mixin
    private NameOption name;

    @Option(
            names = "--rows",
            paramLabel = "TABLE",
            description = "Read every backup, and count the rows that this table has in each; - where there is none.")
    private String table;

    ListCommand(Environment environment, CommonOptions common) {
        this.environment = environment;
        this.common = common;
    }

    @Override
    public Integer call() {
        Location place = environment.place(location, environment.database(null), name.name(spec));
        ListReport report = new ListReport(Output.of(spec.commandLine(), common), environment.clock());
        if (table == null) {
            return report.print(new ListService().list(place, name.name(spec)));
        }
        Path tmp = environment.temporaryDirectory(null);
        RowsOfEach.Counted counted;
        try (ProgressDisplay progress = ProgressDisplay.of(common, environment.streams(), RunPlan.EACH)) {
            NativeCode.unpackInto(environment.programDirectories(tmp));
            counted = new RowsOfEach(environment.clock(), progress)
                    .list(new RowsOfEach.Request(place, name.name(spec), table, tmp, common.busyTimeout));
        }
        return report.print(counted, table);
    }
}
