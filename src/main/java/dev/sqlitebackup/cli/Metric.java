package dev.sqlitebackup.cli;

/** What the metrics file says, each a gauge; docs/monitoring.md lists them too. */
enum Metric {
    LAST_SUCCESS(
            "last_success_timestamp_seconds", "When a run of this command last ended with exit code 0, in Unix time."),
    LAST_RUN("last_run_timestamp_seconds", "When a run of this command last ended, however it did, in Unix time."),
    LAST_EXIT_CODE("last_exit_code", "The exit code of the last run of this command."),
    LAST_DURATION("last_duration_seconds", "How long the last run of this command took."),
    LAST_VERIFIED("last_verified_timestamp_seconds", "When the newest backup was last proven by verify, in Unix time."),
    DATABASE_BYTES("database_bytes", "Size of the database in the newest backup."),
    BACKUP_BYTES(
            "backup_bytes", "Size of the newest backup's file; of verify, of all files from which it is restored."),
    BACKUPS("backups", "How many backups there are of the database."),
    CHAIN_LENGTH("chain_length", "How many files have to be read to restore the newest backup.");

    static final String PREFIX = "sqlite_backup_";

    private final String word;
    private final String help;

    Metric(String word, String help) {
        this.word = word;
        this.help = help;
    }

    /** As Prometheus has it. */
    String fullName() {
        return PREFIX + word;
    }

    String help() {
        return help;
    }
}
