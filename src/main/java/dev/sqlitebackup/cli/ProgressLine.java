package dev.sqlitebackup.cli;

import java.util.Locale;

/**
 * The one line that a progress bar is. Each part has a fixed width, so that nothing moves but the bar; where there is
 * no room for all, the least important go first.
 *
 * @param columns how wide it is at most
 * @param unicode whether the terminal knows block characters
 */
record ProgressLine(int columns, boolean unicode) {
    static final String BLOCKS = "▏▎▍▌▋▊▉█";
    private static final int PHASE_COLUMNS = 11;
    private static final int LEAST_BAR_COLUMNS = 8;
    private static final int EIGHTHS = 8;
    private static final double MEGABYTE = 1e6;

    String of(RunProgress.Reading reading) {
        String begin = cut(String.format(Locale.ROOT, "%-11s", reading.phase()), PHASE_COLUMNS)
                + String.format(Locale.ROOT, " %3d %% ", (int) (reading.share() * 100));
        String left = reading.leftSeconds() < 0 ? "" : time(reading.leftSeconds()) + " left";
        String rate = reading.bytesPerSecond() < 0
                ? ""
                : String.format(Locale.ROOT, "%.0f MB/s", reading.bytesPerSecond() / MEGABYTE);
        String end = "";
        for (String part : new String[] {
            String.format(Locale.ROOT, " %12s", left),
            String.format(Locale.ROOT, " %9s", rate),
            String.format(Locale.ROOT, " %7s", time(reading.elapsedSeconds()))
        }) {
            if (columns - begin.length() - end.length() - part.length() < LEAST_BAR_COLUMNS) {
                break;
            }
            end = part + end;
        }
        int barColumns = columns - begin.length() - end.length();
        return cut(begin + (barColumns < LEAST_BAR_COLUMNS ? "" : bar(reading.share(), barColumns)) + end, columns);
    }

    private String bar(double share, int barColumns) {
        int inside = barColumns - 2;
        int eighths = (int) (share * inside * EIGHTHS);
        int whole = eighths / EIGHTHS;
        String done = unicode
                ? "█".repeat(whole)
                        + (eighths % EIGHTHS == 0 ? "" : BLOCKS.substring(eighths % EIGHTHS - 1, eighths % EIGHTHS))
                : "=".repeat(whole) + (whole < inside ? ">" : "");
        return (unicode ? "│" : "[") + done + " ".repeat(inside - done.length()) + (unicode ? "│" : "]");
    }

    private static String time(long seconds) {
        return seconds < 3600
                ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }

    private static String cut(String text, int columns) {
        return text.length() <= columns ? text : text.substring(0, columns);
    }
}
