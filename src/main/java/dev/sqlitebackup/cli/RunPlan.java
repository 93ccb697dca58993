package dev.sqlitebackup.cli;

import java.util.List;

/**
 * What a run is expected to do, for its progress bar: the phases in their order, each weighted by the milliseconds that
 * it took. Measured with {@code -v} on two cores and an SSD, on 404 MB made by {@code bench/gen_history_db.py}, and
 * with 1 % of them changed since the parent. So a weight is an estimate, and only its share of the whole counts.
 *
 * <p>The first plan of a list is what is expected; a phase that it does not have makes the run go on by the first that
 * does.
 */
record RunPlan(List<Step> steps) {
    /** A phase, by the name that is announced. */
    record Step(String phase, double weight) {}

    static final List<RunPlan> BACKUP = List.of(
            of(step("snapshot", 640), step("compress", 2460), step("read back", 100), step("check", 5), publish()),
            // An increment. A single file, or a history with --full, goes on as above.
            of(
                    step("snapshot", 1370),
                    step("hash", 380),
                    step("compare", 445),
                    step("read back", 40),
                    step("check", 5),
                    publish()),
            // The newest backup is not one that the last run has proven.
            of(
                    step("snapshot", 1370),
                    step("verify", 1500),
                    step("compress", 1700),
                    step("read back", 100),
                    step("check", 5),
                    publish()));
    static final List<RunPlan> PIPE = List.of(of(step("snapshot", 1090), step("check", 320), step("compress", 2210)));
    static final List<RunPlan> RESTORE = List.of(
            of(
                    step("verify", 730),
                    step("check", 460),
                    step("safety copy", 1880),
                    step("restore", 2560),
                    step("read back", 170)),
            // An undo, or another plain database.
            of(
                    step("snapshot", 1370),
                    step("check", 1050),
                    step("safety copy", 3080),
                    step("restore", 2500),
                    step("read back", 240)));
    /** The safety copy is made in the middle of the switch. */
    static final List<RunPlan> LIVE_RESTORE = List.of(
            of(step("verify", 1130), step("check", 790), step("restore", 5010), step("read back", 1620)),
            of(step("snapshot", 1370), step("check", 1050), step("restore", 5010), step("read back", 1620)));
    /** Also of a restore to where there is no database. */
    static final List<RunPlan> VERIFY =
            List.of(of(step("verify", 1490), step("check", 690)), of(step("snapshot", 640), step("check", 690)));

    static final List<RunPlan> DRY_RUN = List.of(
            of(step("verify", 730), step("check", 460), step("snapshot", 640), step("compare", 600)),
            of(step("snapshot", 1370), step("check", 1050), step("snapshot", 640), step("compare", 600)));
    /** What it would change is said before it asks. */
    static final List<RunPlan> ASKED_RESTORE = List.of(of(
            step("verify", 730),
            step("check", 460),
            step("snapshot", 640),
            step("compare", 600),
            step("safety copy", 1880),
            step("restore", 2560),
            step("read back", 170)));

    /** From one backup of a history to the next. */
    static final List<RunPlan> EACH = List.of(of(step("read", 1)));

    static final List<RunPlan> VERIFY_ALL = List.of(of(step("verify", 1)));

    /** The structure is checked only of what no run has noted. */
    static final List<RunPlan> PRUNE = List.of(of(step("verify", 1500), step("check", 75)));

    /** Of a backup and a database, two databases, two backups, a database and a backup. */
    static final List<RunPlan> DIFF = List.of(
            of(step("verify", 730), step("check", 460), step("snapshot", 640), step("compare", 600)),
            of(step("snapshot", 640), step("snapshot", 640), step("compare", 600)),
            of(step("verify", 730), step("check", 460), step("verify", 730), step("check", 460), step("compare", 600)),
            of(step("snapshot", 640), step("verify", 730), step("check", 460), step("compare", 600)));

    /** Of a backup, and of a plain database. The safety copy is the snapshot. */
    static final List<RunPlan> UNDELETE = List.of(
            of(
                    step("verify", 730),
                    step("check", 460),
                    step("snapshot", 640),
                    step("check", 460),
                    step("put back", 500)),
            of(
                    step("snapshot", 640),
                    step("check", 460),
                    step("snapshot", 640),
                    step("check", 460),
                    step("put back", 500)));

    private static RunPlan of(Step... steps) {
        return new RunPlan(List.of(steps));
    }

    private static Step step(String phase, double weight) {
        return new Step(phase, weight);
    }

    private static Step publish() {
        return step("publish", 65);
    }

    /** @return the index of the first step of that name from {@code from} on, or -1 */
    int find(String phase, int from) {
        for (int i = from; i < steps.size(); i++) {
            if (steps.get(i).phase().equals(phase)) {
                return i;
            }
        }
        return -1;
    }

    boolean isLast(int step) {
        return step == steps.size() - 1;
    }

    /** What the steps behind one weigh. */
    double weightAfter(int step) {
        double weight = 0;
        for (Step after : steps.subList(step + 1, steps.size())) {
            weight += after.weight();
        }
        return weight;
    }
}
