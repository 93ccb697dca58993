package dev.sqlitebackup.cli;

import dev.sqlitebackup.Progress;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A progress bar on standard error, one a phase, gone when the phase is over. */
final class ProgressDisplay implements Progress, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProgressDisplay.class);
    private static final int UPDATE_MILLIS = 100;
    private static final int USUAL_WIDTH = 80;
    private static final int LEAST_WIDTH = 20;
    private static final long MEGABYTE = 1_000_000;

    private final PrintStream terminal;
    private final int width;
    private ProgressBar bar;
    private String phase;
    private long phaseStarted;

    private ProgressDisplay(PrintStream terminal) {
        this.terminal = terminal;
        this.width = terminal == null ? USUAL_WIDTH : terminalWidth() - 2;
    }

    /** A line that is wider than the terminal would scroll instead of being drawn anew. */
    private static int terminalWidth() {
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(new File("/dev/tty"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            int columns = Integer.parseInt(new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
                    .trim()
                    .split(" ")[1]);
            // A terminal that does not say its size has 0 columns. The library would then ask JLine, which takes the
            // signals from us: Ctrl-C would end the process with everything temporary left.
            return columns < LEAST_WIDTH ? USUAL_WIDTH : columns;
        } catch (IOException | RuntimeException e) {
            return USUAL_WIDTH;
        }
    }

    /** Draws only on a terminal, and not where output is meant for a program or for nobody. */
    static ProgressDisplay of(CommonOptions options, StandardStreams streams) {
        boolean draws = !options.quiet && !options.json && !options.verbose && streams.errIsTerminal();
        return new ProgressDisplay(draws ? streams.err() : null);
    }

    @Override
    public void phase(String name, long totalBytes) {
        close();
        phase = name;
        phaseStarted = System.nanoTime();
        if (terminal != null && totalBytes >= 0) {
            boolean unicode = Charset.defaultCharset().newEncoder().canEncode('█');
            bar = new ProgressBarBuilder()
                    .setTaskName(String.format("%-11s", name))
                    .setInitialMax(totalBytes)
                    .setUnit(" MB", MEGABYTE)
                    .setStyle(unicode ? ProgressBarStyle.UNICODE_BLOCK : ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(UPDATE_MILLIS)
                    .setConsumer(new ConsoleProgressBarConsumer(terminal, width))
                    .clearDisplayOnFinish()
                    .build();
        }
    }

    @Override
    public void at(long doneBytes) {
        if (bar != null) {
            bar.stepTo(doneBytes);
        }
    }

    @Override
    public void close() {
        if (phase != null) {
            LOG.debug("{}: {} ms", phase, (System.nanoTime() - phaseStarted) / 1_000_000);
            phase = null;
        }
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
