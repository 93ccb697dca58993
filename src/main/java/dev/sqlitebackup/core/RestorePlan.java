package dev.sqlitebackup.core;

import dev.sqlitebackup.sqlite.InPlaceRestore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a restore is about to do. The backup is proven by now, and nothing of the database was touched. A dry run ends
 * here.
 *
 * @param database the real path of the target, which need not exist
 * @param content what is to replace it
 * @param changes what the target loses
 * @param compared the same row by row, null where nobody asked or there is no target
 */
public record RestorePlan(Path database, VerifyService.Result content, Way way, Changes changes, Compared compared) {
    /** How the content comes to the target. */
    public enum Way {
        /** There is no database: the staged file gets the name. */
        CREATE("created"),
        /** SQLite cannot open what is there: it gets another name, the staged file its own. */
        REPLACE("created"),
        /** Through SQLite, under an exclusive lock. */
        IN_PLACE("in-place"),
        /** Through SQLite, while others have it open. */
        LIVE("in-place");

        private final String word;

        Way(String word) {
            this.word = word;
        }

        /** The word of the contract. */
        public String word() {
            return word;
        }
    }

    /**
     * Chooses the way by what can be seen without SQLite, which may still find that it cannot open the target: then a
     * restore replaces it, whatever the plan.
     */
    static RestorePlan of(Path target, StagedBackup staged, boolean live, Changes changes, Compared compared) {
        Way way = way(target, live);
        VerifyService.Result backup = VerifyService.Result.of(staged);
        return new RestorePlan(
                target,
                way == Way.REPLACE
                        ? backup.with(
                                RestoreSwitch.warnOfReplacement(target, staged.verification(), "would be replaced"))
                        : backup,
                way,
                changes,
                compared);
    }

    private static Way way(Path target, boolean live) {
        if (!Files.exists(target)) {
            return Way.CREATE;
        }
        return InPlaceRestore.looksPossible(target) ? live ? Way.LIVE : Way.IN_PLACE : Way.REPLACE;
    }

    /** The same with what is to be said of it. */
    RestorePlan with(Verification verification) {
        return new RestorePlan(database, content.with(verification), way, changes, compared);
    }
}
