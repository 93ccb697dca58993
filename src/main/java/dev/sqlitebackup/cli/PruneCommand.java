package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.core.PruneService;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Retention;
import dev.sqlitebackup.sqlite.NativeLibrary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "prune",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Delete backups that no rule keeps, and never the newest one that verifies.",
        footer = {
            "",
            "Examples:",
            "  sqlite-backup prune /mnt/nas/backups/ --keep-daily=7 --keep-weekly=5 --keep-monthly=12 --dry-run",
            "  sqlite-backup prune app.db --keep-last=3           the safety copies of a database"
        })
public final class PruneCommand implements Callable<Integer> {
    private final Environment environment;

    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @ArgGroup(validate = false, heading = "%nRules; at least one:%n")
    private RetentionOptions retention = new RetentionOptions();

    @Parameters(arity = "1", paramLabel = "DEST", description = "A directory with a history, or a database.")
    private Location location;

    @Mixin
    private NameOption name;

    @Option(names = "--dry-run", description = "Say what would go and why the rest stays, and delete nothing.")
    private boolean dryRun;

    PruneCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        Path tmp = environment.temporaryDirectory(null);
        PruneService.Pruned pruned;
        try (ProgressDisplay progress = ProgressDisplay.of(common)) {
            NativeLibrary.load(environment.programDirectories(tmp));
            pruned = new PruneService(environment.clock(), progress)
                    .prune(new PruneService.Request(
                            environment.place(location, null, null),
                            name.name(spec),
                            retention.rules(spec),
                            dryRun,
                            tmp,
                            common.busyTimeout));
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("kept", json(pruned.kept()));
        fields.put("deleted", json(pruned.deleted()));
        if (dryRun) {
            fields.put("dryRun", true);
        }
        List<String> lines = new ArrayList<>();
        pruned.kept().forEach(decision -> lines.add(line(dryRun ? "would keep  " : "kept   ", decision)));
        pruned.deleted().forEach(decision -> lines.add(line(dryRun ? "would delete" : "deleted", decision)));
        lines.add((dryRun ? "would keep " : "kept ")
                + pruned.kept().size()
                + (dryRun ? ", would delete " : ", deleted ")
                + pruned.deleted().size());
        Output output = Output.of(spec.commandLine(), common);
        if (!pruned.undecided().isEmpty()) {
            return output.failure(
                    new Failure(
                            Failure.Kind.CORRUPT,
                            String.join("; ", pruned.undecided()),
                            "make a backup first; what is wrong with each is said above"),
                    pruned.warnings(),
                    fields);
        }
        output.success(lines, pruned.warnings(), fields);
        return ExitCodes.OK;
    }

    static List<Map<String, Object>> json(List<Retention.Decision> decisions) {
        List<Map<String, Object>> entries = new ArrayList<>();
        for (Retention.Decision decision : decisions) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("backup", decision.backup().location());
            entry.put("createdAt", decision.backup().createdAt().toString());
            entry.put("reasons", decision.reasons());
            entries.add(entry);
        }
        return entries;
    }

    private static String line(String what, Retention.Decision decision) {
        return what + "  " + decision.backup().createdAt() + "  "
                + decision.backup().location()
                + (decision.kept() ? "  (" + String.join(", ", decision.reasons()) + ")" : "");
    }
}
