package dev.sqlitebackup.cli;

import dev.sqlitebackup.Times;
import dev.sqlitebackup.core.QueryService;
import java.io.PrintWriter;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Columns for people, as wide as the first rows need, and cut where a terminal ends. What is cut or escaped is to be
 * read, and not to be used: the other formats have it whole.
 */
final class TableRows extends RowFormat {
    /** Rows that are held back to see how wide the columns are. */
    private static final int MOST_HELD_ROWS = 200;

    private static final int LEAST_WIDTH = 8;
    private static final String BETWEEN = "  ";
    private static final String CUT = "...";

    /** @param isNumber whether it stands to the right */
    private record Cell(String text, boolean isNumber) {
        int width() {
            return text.codePointCount(0, text.length());
        }
    }

    private final boolean withTime;
    private final int terminalColumns;
    private final ZoneId zone;
    private final List<List<Cell>> held = new ArrayList<>();
    private List<String> header;
    private String time;
    /** Null as long as rows are held back. */
    private int[] widths;

    /**
     * @param withTime whether each row begins with the backup's
     * @param zone of that time
     */
    TableRows(PrintWriter out, boolean withTime, int terminalColumns, ZoneId zone) {
        super(out);
        this.zone = zone;
        this.withTime = withTime;
        this.terminalColumns = terminalColumns;
    }

    @Override
    public void of(QueryService.Asked asked, List<String> columns) {
        time = Times.inColumn(asked.createdAt(), zone);
        if (!columns.equals(header)) {
            showHeld();
            header = columns;
            widths = null;
            held.add(cells("backup (" + Times.name(zone) + ")", columns));
        }
    }

    @Override
    public void row(List<Object> values) {
        List<Cell> cells = cells(time, values);
        if (widths != null) {
            show(cells);
            return;
        }
        held.add(cells);
        if (held.size() > MOST_HELD_ROWS) {
            showHeld();
        }
    }

    private List<Cell> cells(String first, List<?> values) {
        List<Cell> cells = new ArrayList<>();
        if (withTime) {
            cells.add(new Cell(first, false));
        }
        for (Object value : values) {
            String text = text(value);
            cells.add(new Cell(shortened(text == null ? "NULL" : text), value instanceof Number));
        }
        return cells;
    }

    /** No more is held of a text than can be shown. */
    private String shortened(String text) {
        String start = text.substring(0, Math.min(text.length(), 2 * terminalColumns + 2));
        return cut(Output.escape(start), terminalColumns);
    }

    private static String cut(String text, int width) {
        return text.codePointCount(0, text.length()) <= width
                ? text
                : text.substring(0, text.offsetByCodePoints(0, Math.max(0, width - CUT.length()))) + CUT;
    }

    private void showHeld() {
        if (held.isEmpty()) {
            return;
        }
        widths = new int[held.get(0).size()];
        for (List<Cell> cells : held) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], cells.get(i).width());
            }
        }
        narrow();
        held.forEach(this::show);
        held.clear();
        look();
    }

    /** The widest column gives first. */
    private void narrow() {
        int between = BETWEEN.length() * (widths.length - 1);
        for (int over = Arrays.stream(widths).sum() + between - terminalColumns; over > 0; over--) {
            int widest = 0;
            for (int i = 1; i < widths.length; i++) {
                widest = widths[i] > widths[widest] ? i : widest;
            }
            if (widths[widest] <= LEAST_WIDTH) {
                return; // A terminal wraps what is too much for it.
            }
            widths[widest]--;
        }
    }

    private void show(List<Cell> cells) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.size(); i++) {
            String text = cut(cells.get(i).text, widths[i]);
            String blanks = " ".repeat(widths[i] - text.codePointCount(0, text.length()));
            line.append(i == 0 ? "" : BETWEEN).append(cells.get(i).isNumber ? blanks + text : text + blanks);
        }
        print(line.toString().stripTrailing() + "\n");
    }

    @Override
    int end(Output output, QueryService.Result result) {
        showHeld();
        return super.end(output, result);
    }
}
