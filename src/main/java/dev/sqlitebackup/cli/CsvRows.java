package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.QueryService;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** RFC 4180, with a header. A NULL is nothing, an empty text a pair of quotes. */
final class CsvRows extends RowFormat {
    private static final String END = "\r\n";

    private final boolean withTime;
    private final boolean isTerminal;
    private String time;
    private List<String> header;

    /**
     * @param withTime whether each row begins with the backup's
     * @param isTerminal which is not sent control characters
     */
    CsvRows(PrintWriter out, boolean withTime, boolean isTerminal) {
        super(out);
        this.withTime = withTime;
        this.isTerminal = isTerminal;
    }

    @Override
    public void of(QueryService.Asked asked, List<String> columns) {
        time = asked.createdAt().toString();
        look();
        if (!columns.equals(header)) {
            header = columns;
            line("createdAt", columns);
        }
    }

    @Override
    public void row(List<Object> values) {
        line(time, values);
    }

    private void line(String first, List<?> values) {
        List<String> cells = new ArrayList<>();
        if (withTime) {
            cells.add(first);
        }
        values.forEach(value -> cells.add(cell(text(value))));
        print(String.join(",", cells) + END);
    }

    private String cell(String text) {
        if (text == null) {
            return "";
        }
        String shown = isTerminal ? Output.escape(text) : text;
        return shown.isEmpty() || shown.chars().anyMatch(c -> c == ',' || c == '"' || c == '\r' || c == '\n')
                ? '"' + shown.replace("\"", "\"\"") + '"'
                : shown;
    }
}
