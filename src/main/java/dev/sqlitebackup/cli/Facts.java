package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.BackupService;
import dev.sqlitebackup.core.PruneService;
import dev.sqlitebackup.core.StatusService;
import dev.sqlitebackup.core.VerifyAll;
import dev.sqlitebackup.core.VerifyService;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.BackupName;
import dev.sqlitebackup.history.Retention;
import java.time.Instant;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a run found out of the databases that it was about, for the metrics file: nothing that costs another request.
 */
final class Facts {
    private final Map<String, Map<Metric, Long>> byDatabase = new LinkedHashMap<>();

    Map<String, Map<Metric, Long>> byDatabase() {
        return byDatabase;
    }

    /** @param value null where the run does not know it: then an earlier one stays */
    private void put(String database, Metric metric, Long value) {
        if (value != null) {
            byDatabase
                    .computeIfAbsent(database, name -> new EnumMap<>(Metric.class))
                    .put(metric, value);
        }
    }

    void of(String database, BackupService.Result made) {
        put(database, Metric.DATABASE_BYTES, made.manifest().databaseBytes());
        put(database, Metric.BACKUP_BYTES, made.backupBytes());
        put(database, Metric.BACKUPS, (long) made.backups());
        put(database, Metric.CHAIN_LENGTH, (long) made.manifest().chainLength());
    }

    void of(String database, StatusService.Result status) {
        put(database, Metric.BACKUPS, (long) status.count());
        put(database, Metric.CHAIN_LENGTH, (long) status.chainLength());
        Backup newest = status.backup();
        if (newest != null) {
            put(database, Metric.DATABASE_BYTES, newest.databaseBytes());
            put(database, Metric.BACKUP_BYTES, newest.backupBytes());
        }
        if (status.verifiedAt() != null) {
            put(database, Metric.LAST_VERIFIED, status.verifiedAt().getEpochSecond());
        }
    }

    /** @param single by whose name a backup goes that is none of a history */
    void of(String single, VerifyService.Result newest, Instant at) {
        String fileName = newest.backup().substring(newest.backup().lastIndexOf('/') + 1);
        BackupName ofHistory = BackupName.parse(fileName);
        proven(ofHistory == null ? single : ofHistory.database(), newest, at);
    }

    private void proven(String database, VerifyService.Result newest, Instant at) {
        put(database, Metric.DATABASE_BYTES, newest.manifest().databaseBytes());
        put(database, Metric.BACKUP_BYTES, newest.backupBytes());
        put(database, Metric.CHAIN_LENGTH, (long) newest.manifest().chainLength());
        if (newest.verification().full()) {
            put(database, Metric.LAST_VERIFIED, at.getEpochSecond());
        }
    }

    /** @param single likewise */
    void of(String single, VerifyAll.Result all, Instant at) {
        Map<String, List<VerifyAll.Outcome>> outcomes = all.outcomes().stream()
                .collect(Collectors.groupingBy(
                        outcome -> outcome.database() == null ? single : outcome.database(),
                        LinkedHashMap::new,
                        Collectors.toList()));
        outcomes.forEach((database, newestFirst) -> {
            put(database, Metric.BACKUPS, (long) newestFirst.size());
            if (newestFirst.get(0).result() != null) {
                proven(database, newestFirst.get(0).result(), at);
            }
        });
    }

    void of(PruneService.Pruned pruned) {
        pruned.kept().stream()
                .map(Retention.Decision::backup)
                .collect(Collectors.groupingBy(Backup::database, Collectors.counting()))
                .forEach((database, count) -> put(database, Metric.BACKUPS, count));
    }
}
