package dev.sqlitebackup.core;

import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Retention;
import dev.sqlitebackup.history.RetentionRules;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * What a prune would delete, as far as names and ends of files tell: it takes every backup for one that verifies. The
 * prune itself reads the newest first, and where that does not verify it keeps an older one as well, and nothing less.
 */
final class PrunePreview {
    private static final PrunePlan.Proof ASSUMED = chain -> Set.of();

    private final Location.Kind kind;
    private final ListService.Found found;
    private final List<String> warnings = new ArrayList<>();

    PrunePreview(Location.Kind kind, ListService.Found found) {
        this.kind = kind;
        this.found = found;
    }

    /** @return nothing for no rules, for a single file, and where it cannot be told, of which there is a warning */
    Map<Backup, Retention.Decision> decisions(RetentionRules rules, Clock clock) {
        if (rules.isEmpty() || kind == Location.Kind.BACKUP) {
            return Map.of();
        }
        if (found.listing() != null && found.listing().unreadable() != null) {
            warnings.add("a prune would delete nothing: "
                    + found.listing().unreadable().getMessage());
            return Map.of();
        }
        PrunePlan plan = new PrunePlan(rules, clock, found.warnings());
        UnaryOperator<List<Chain>> ours = found.history() == null
                ? chains -> chains
                : chains -> found.history().ours(chains, plan.warnings());
        found.chains().stream()
                .collect(Collectors.groupingBy(chain -> chain.tip().database(), TreeMap::new, Collectors.toList()))
                .forEach((database, chains) -> {
                    plan.add(database, chains, ours, ASSUMED);
                    plan.keepLastBefore(
                            found.history() == null
                                    ? null
                                    : found.history().names().noted(database));
                });
        if (found.listing() != null) {
            plan.keepNeeded(found.listing().neededByOthers());
        }
        plan.warnings().stream()
                .filter(warning -> !found.warnings().contains(warning))
                .forEach(warnings::add);
        warnings.addAll(plan.undecided());
        return plan.decisions().stream()
                .collect(Collectors.toMap(Retention.Decision::backup, Function.identity(), (one, same) -> one));
    }

    List<String> warnings() {
        return warnings;
    }
}
