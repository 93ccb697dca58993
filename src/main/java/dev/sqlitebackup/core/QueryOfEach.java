package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.sqlite.ReadOnlyQuery;
import dev.sqlitebackup.sqlite.Unfit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Asks one backup after the other. What is wrong with one is said, and the others are asked all the same. */
final class QueryOfEach {
    private final String sql;
    private final boolean untilFirst;
    private final QueryService.Answers answers;
    /** What is said of backups that could not be asked: the newest, and how many older ones. */
    private final Map<String, List<Backup>> said = new LinkedHashMap<>();

    private int answered;
    private int unreadable;
    private int unfinished;
    private Unfit unfit;
    /** What went wrong with who takes the answers: that is no backup's fault. */
    private Failure unheard;

    /** @param untilFirst whether to end at the first backup that has a row, and to give no answer without one */
    QueryOfEach(String sql, boolean untilFirst, QueryService.Answers answers) {
        this.sql = sql;
        this.untilFirst = untilFirst;
        this.answers = answers;
    }

    QueryService.Result ask(EachBackup each) {
        for (Chain chain : each.chains()) {
            Interruption.check();
            if (!chain.isWhole()) {
                unreadable++; // It is in the warnings about what lies there.
            } else if (ask(chain.tip(), chain, each) && untilFirst) {
                break;
            }
        }
        Failure failure = failure();
        if (failure != null && failure.kind() == Failure.Kind.USAGE) {
            said.remove(notAsked(unfit.getMessage())); // The failure itself says it.
        }
        List<String> warnings = new ArrayList<>(each.warnings());
        said.forEach((why, backups) -> warnings.add(name(backups) + why));
        return new QueryService.Result(warnings, failure);
    }

    /** @return whether it has a row */
    private boolean ask(Backup backup, Chain chain, EachBackup each) {
        Proven answer = new Proven(backup, each);
        Path file = null;
        try {
            file = each.to(chain);
            ReadOnlyQuery.ask(file, "the backup " + backup.location(), sql, answer);
            answered++;
        } catch (Unfit e) {
            unfit = unfit == null ? e : unfit;
            say(notAsked(e.getMessage()), backup);
        } catch (Failure e) {
            if (e.equals(unheard) || !Parent.Damaged.isOne(e)) {
                throw e;
            }
            if (file != null && e.kind() == Failure.Kind.FAILURE) {
                unfinished++;
            } else {
                unreadable++;
            }
            say(notAsked(e.getMessage()), backup);
        }
        return answer.hasRow;
    }

    private static String notAsked(String why) {
        return " could not be asked: " + why;
    }

    private void say(String what, Backup backup) {
        said.computeIfAbsent(what, once -> new ArrayList<>()).add(backup);
    }

    /** @return null if nothing is wrong */
    private Failure failure() {
        int wrong = unreadable + unfinished;
        if (wrong > 0) {
            return new Failure(
                    unreadable > 0 ? Failure.Kind.CORRUPT : Failure.Kind.FAILURE,
                    wrong + (wrong == 1 ? " backup" : " backups") + " could not be "
                            + (unfinished == 0
                                    ? "read"
                                    : unreadable == 0 ? "asked to the end" : "read, or not to the end"),
                    "see the warnings; the other answers are good");
        }
        return answered == 0 ? QueryService.unfit(unfit) : null;
    }

    /** Gives nothing away that is not proven: the bytes of a backup are, before its answer begins. */
    private final class Proven implements ReadOnlyQuery.Rows {
        private final Backup backup;
        private final EachBackup each;
        private List<String> columns;
        private boolean hasRow;

        Proven(Backup backup, EachBackup each) {
            this.backup = backup;
            this.each = each;
        }

        @Override
        public void columns(List<String> names) {
            columns = names;
            if (!untilFirst) {
                begin();
            }
        }

        @Override
        public void row(List<Object> values) {
            if (columns != null) {
                begin();
            }
            hasRow = true;
            tell(() -> answers.row(values));
        }

        private void begin() {
            each.requireProven();
            QueryService.Asked asked = new QueryService.Asked(backup.location(), backup.commit(), backup.createdAt());
            tell(() -> answers.of(asked, columns));
            columns = null;
        }

        private void tell(Runnable answer) {
            try {
                answer.run();
            } catch (Failure e) {
                unheard = e;
                throw e;
            }
        }
    }

    private static String name(List<Backup> backups) {
        int others = backups.size() - 1;
        return backups.get(0).location() + (others == 0 ? "" : " and " + others + " older");
    }
}
