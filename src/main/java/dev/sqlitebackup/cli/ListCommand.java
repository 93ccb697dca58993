package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.ListService;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Location;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "List what there is to restore, newest first.",
        footer = {
            "",
            "Examples:",
            "  sqlite-backup list /mnt/nas/backups/               a history",
            "  sqlite-backup list backups/opencode.db.gz          the commits of a backup that Git tracks",
            "  sqlite-backup list app.db                          the safety copies of a database"
        })
public final class ListCommand implements Callable<Integer> {
    private static final int SIZE_WIDTH = "database".length();
    private static final String HEADER =
            "created (UTC)         " + Output.right("backup", SIZE_WIDTH) + "  database  where";

    private final Environment environment;

    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Parameters(
            arity = "0..1",
            paramLabel = "DEST",
            description =
                    "A directory, a backup file or a database (default: $SQLITE_BACKUP_TO, else backups/NAME.gz in the repository).")
    private Location location;

    @Mixin
    private NameOption name;

    ListCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        ListService.Listing listing = new ListService()
                .list(environment.place(location, environment.database(null), name.name(spec)), name.name(spec));
        List<Map<String, Object>> backups = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        for (Backup backup : listing.backups()) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("backup", backup.location());
            entry.put("createdAt", backup.createdAt().toString());
            entry.put("backupBytes", backup.backupBytes());
            entry.put("databaseBytes", backup.databaseBytes());
            if (backup.commit() != null) {
                entry.put("commit", backup.commit());
            }
            backups.add(entry);
            lines.add(line(backup));
        }
        lines.add(0, lines.isEmpty() ? "no backups" : HEADER);
        Output.of(spec.commandLine(), common).success(lines, listing.warnings(), Map.of("backups", backups));
        return ExitCodes.OK;
    }

    /** When, how large, of what, where: columns whose width does not depend on the entries. */
    private static String line(Backup backup) {
        String database = backup.databaseBytes() == null ? "" : Output.size(backup.databaseBytes());
        String where = backup.commit() == null
                ? backup.location()
                : "commit " + backup.commit().substring(0, 12) + "  " + backup.location();
        return backup.createdAt() + "  " + Output.right(Output.size(backup.backupBytes()), SIZE_WIDTH) + "  "
                + Output.right(database, SIZE_WIDTH) + "  " + where;
    }
}
