package dev.sqlitebackup.core;

import java.nio.file.Path;

/**
 * Hears what a restore is about to do, once that is proven and before the database is touched. No lock on the database
 * is held meanwhile.
 */
public interface BeforeSwitch {
    /**
     * @param database the target, which need not exist
     * @param backup what is to replace it
     * @throws dev.sqlitebackup.Failure to end the restore here
     */
    void hear(Path database, VerifyService.Result backup, Changes changes);
}
