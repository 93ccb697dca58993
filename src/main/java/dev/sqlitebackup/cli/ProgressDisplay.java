package dev.sqlitebackup.cli;

import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.Progress;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.List;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One progress bar on standard error for a whole run ({@link RunProgress}), gone when that ends. Closed where somebody
 * is to read something, it goes on with the next phase.
 */
final class ProgressDisplay implements Progress, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProgressDisplay.class);
    private static final int UPDATE_MILLIS = 100;
    /** The cursor stands behind the line, and some terminals break it there. */
    private static final int MARGIN = 2;

    private static final long MILLION = 1_000_000;

    private final PrintStream terminal;
    private final int columns;
    private final List<RunPlan> plans;
    private final long startedNanos = System.nanoTime();
    /** Null before the first phase: a run that finds nothing to do has none, and shall not wait for more classes. */
    private RunProgress run;

    private ProgressBar bar;
    /** That of the bar. */
    private Line line;
    /** What is said of a signal comes from another thread, and has to find a clean line too. */
    private Interruption.Blocking onSignal;

    /**
     * @param terminal null where nothing is drawn
     * @param columns of the terminal
     */
    ProgressDisplay(PrintStream terminal, int columns, List<RunPlan> plans) {
        this.terminal = terminal;
        this.columns = Math.max(1, columns - MARGIN);
        this.plans = plans;
    }

    /** Draws only on a terminal, and not where output is meant for a program or for nobody. */
    static ProgressDisplay of(CommonOptions options, StandardStreams streams, List<RunPlan> plans) {
        boolean draws = !options.quiet && !options.json && !options.verbose && streams.errIsTerminal();
        return draws
                ? new ProgressDisplay(streams.err(), StandardStreams.terminalColumns(), plans)
                : new ProgressDisplay(null, 0, plans);
    }

    /**
     * The line of the bar, blank when {@link #erase} says so: the library, closed before it has drawn for the first
     * time, draws then and leaves it there (0.10.2, {@code ProgressUpdateAction.run}).
     */
    private static final class Line extends ConsoleProgressBarConsumer {
        private final PrintStream terminal;

        Line(PrintStream terminal, int columns) {
            super(terminal, columns);
            this.terminal = terminal;
        }

        void erase() {
            clear();
            terminal.flush();
        }

        @Override
        public void close() {
            // No new line: the next one begins where the bar was.
        }
    }

    @Override
    public void phase(String name, long totalBytes) {
        if (run == null) {
            run = new RunProgress(plans, System::nanoTime, startedNanos);
        } else {
            logEnd();
        }
        run.phase(name, totalBytes);
        if (terminal != null) {
            draw();
        }
    }

    private synchronized void draw() {
        if (bar == null && !Interruption.isRequested()) {
            onSignal = Interruption.onRequest(this::erase);
            boolean unicode = Charset.defaultCharset().newEncoder().canEncode(ProgressLine.BLOCKS);
            ProgressLine look = new ProgressLine(columns, unicode);
            line = new Line(terminal, columns);
            bar = new ProgressBarBuilder()
                    .setRenderer((state, most) -> look.of(run.read()))
                    .setUpdateIntervalMillis(UPDATE_MILLIS)
                    .continuousUpdate() // The time goes on where nothing else does.
                    .setConsumer(line)
                    .build();
        }
    }

    private synchronized void erase() {
        if (bar != null) {
            bar.close(); // Only then does no other thread draw.
            line.erase();
            bar = null;
            onSignal.close();
        }
    }

    @Override
    public void at(long doneBytes) {
        if (run != null) { // The first bytes of a backup may come before it is known how many there are.
            run.at(doneBytes);
        }
    }

    /** Says something where the bar is, which goes on below it. */
    synchronized void aside(Runnable say) {
        boolean isDrawn = bar != null;
        erase();
        say.run();
        if (isDrawn) {
            draw();
        }
    }

    private void logEnd() {
        if (!run.isStopped()) {
            long millis = run.phaseNanos() / MILLION;
            long bytes = run.phaseBytes();
            LOG.debug("phase {}: {} ms{}", run.phase(), millis, bytes == 0 ? "" : ", " + bytes + " bytes");
        }
    }

    @Override
    public void close() {
        if (run != null) {
            logEnd();
            run.stop();
        }
        erase();
    }
}
