package dev.sqlitebackup.cli;

import dev.sqlitebackup.Progress;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * How far a whole run is, by its {@link RunPlan}. Each phase gets its share of what is left when it begins; so what is
 * left out shortens nothing that was shown, and the share never goes down. One thread tells, another may read.
 */
final class RunProgress implements Progress {
    /** Less of the run, or of its time, says nothing of the rest. */
    private static final double LEAST_SHARE = 0.05;

    private static final long LEAST_NANOS = 1_000_000_000;
    private static final double NANOS = 1e9;

    /**
     * What there is to show.
     *
     * @param phase its name
     * @param share of the run that is done, from 0 to 1
     * @param bytesPerSecond of the phase, -1 where it says nothing
     * @param elapsedSeconds of the run
     * @param leftSeconds of the run, -1 where nobody can tell yet
     */
    record Reading(String phase, double share, double bytesPerSecond, long elapsedSeconds, long leftSeconds) {}

    private final List<RunPlan> plans;
    private final LongSupplier nanoTime;
    private RunPlan plan;
    private int step = -1;
    /** Written before {@link #phase}, and read after it. */
    private long startedNanos;
    /** When it was stopped, which does not count; -1 while it runs. */
    private long stoppedNanos = -1;

    private volatile Phase phase;

    /**
     * @param nanoTime the clock
     * @param startedNanos when the run began, by that clock
     */
    RunProgress(List<RunPlan> plans, LongSupplier nanoTime, long startedNanos) {
        this.plans = plans;
        this.nanoTime = nanoTime;
        this.plan = plans.get(0);
        this.startedNanos = startedNanos;
        this.phase = new Phase("", -1, startedNanos, 0, new Weights(0, 0, plan.weightAfter(-1)));
    }

    /** What the run has done before a phase, what that is, and what comes after it. */
    private record Weights(double before, double own, double after) {}

    private static final class Phase {
        private final String name;
        private final long totalBytes;
        private final long begunNanos;
        private final double from;
        private final Weights weights;
        private volatile long doneBytes;

        Phase(String name, long totalBytes, long begunNanos, double from, Weights weights) {
            this.name = name;
            this.totalBytes = totalBytes;
            this.begunNanos = begunNanos;
            this.from = from;
            this.weights = weights;
        }

        double done() {
            return totalBytes <= 0 ? 0 : Math.min(1, (double) doneBytes / totalBytes);
        }

        double share() {
            double left = weights.own + weights.after;
            return left == 0 ? from : from + (1 - from) * weights.own / left * done();
        }

        /** Of one that has ended. Where only its end is known, all of it was done. */
        double weightDone() {
            return weights.before + weights.own;
        }
    }

    @Override
    public void phase(String name, long totalBytes) {
        long now = nanoTime.getAsLong();
        if (stoppedNanos >= 0) {
            startedNanos += now - stoppedNanos;
            stoppedNanos = -1;
        }
        Phase last = phase;
        Weights weights = find(name, last)
                ? new Weights(last.weightDone(), plan.steps().get(step).weight(), plan.weightAfter(step))
                : new Weights(last.weightDone(), 0, plan.weightAfter(step));
        double ended = last.weights.own == 0 ? last.from : endOf(last);
        phase = new Phase(name, totalBytes, now, ended, weights);
    }

    /** A phase that is over was done, also if it never said how far it was. */
    private static double endOf(Phase last) {
        return last.from + (1 - last.from) * last.weights.own / (last.weights.own + last.weights.after);
    }

    /** Goes to a step. @return false if no plan has it, or it is done already */
    private boolean find(String name, Phase last) {
        int ahead = plan.find(name, step + 1);
        if (ahead < 0 && !name.equals(last.name) && !plan.isLast(step)) {
            for (RunPlan other : plans) {
                ahead = other.find(name, 0);
                if (ahead >= 0) {
                    plan = other;
                    break;
                }
            }
        }
        if (ahead >= 0) {
            step = ahead;
        }
        return ahead >= 0;
    }

    @Override
    public void at(long doneBytes) {
        Phase now = phase;
        if (doneBytes > now.doneBytes) { // A copy that begins again does not go back.
            now.doneBytes = doneBytes;
        }
    }

    /** Until the next phase no time passes: somebody is asked. */
    void stop() {
        if (stoppedNanos < 0) {
            stoppedNanos = nanoTime.getAsLong();
        }
    }

    boolean isStopped() {
        return stoppedNanos >= 0;
    }

    /** The name of the current phase. */
    String phase() {
        return phase.name;
    }

    long phaseNanos() {
        return nanoTime.getAsLong() - phase.begunNanos;
    }

    long phaseBytes() {
        return phase.doneBytes;
    }

    Reading read() {
        Phase now = phase;
        long nanos = nanoTime.getAsLong();
        long elapsedNanos = nanos - startedNanos;
        long inPhaseNanos = nanos - now.begunNanos;
        double bytesPerSecond = now.doneBytes > 0 && inPhaseNanos > 0 ? now.doneBytes / (inPhaseNanos / NANOS) : -1;
        return new Reading(
                now.name,
                now.share(),
                bytesPerSecond,
                elapsedNanos / (long) NANOS,
                leftSeconds(now, elapsedNanos, inPhaseNanos));
    }

    private static long leftSeconds(Phase now, long elapsedNanos, long inPhaseNanos) {
        Weights weights = now.weights;
        double done = now.done();
        double weightDone = weights.before + weights.own * done;
        double weightLeft = weights.own * (1 - done) + weights.after;
        if (elapsedNanos < LEAST_NANOS || weightDone < LEAST_SHARE * (weightDone + weightLeft)) {
            return -1;
        }
        if (done > 0 || weights.own == 0) {
            return Math.round(elapsedNanos / weightDone * weightLeft / NANOS);
        }
        // It does not say how far it is, so it takes as long as expected, and then a moment more.
        double nanosPerWeight = (elapsedNanos - inPhaseNanos) / weightDone;
        double ownNanos = Math.max(0, nanosPerWeight * weights.own - inPhaseNanos);
        return Math.round((ownNanos + nanosPerWeight * weights.after) / NANOS);
    }
}
