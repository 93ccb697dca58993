package dev.sqlitebackup.core;

/**
 * Hears what a restore is about to do, once that is proven and before the database is touched. No lock on the database
 * is held meanwhile.
 */
public interface BeforeSwitch {
    /** @throws dev.sqlitebackup.Failure to end the restore here */
    void hear(RestorePlan plan);
}
