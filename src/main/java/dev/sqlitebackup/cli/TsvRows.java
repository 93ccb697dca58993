package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.QueryService;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** A row a line, tabs between, no header: for other programs. */
final class TsvRows extends RowFormat {
    private static final String NULL = "\\N";

    private final boolean withTime;
    private String time;

    /** @param withTime whether each row begins with the backup's */
    TsvRows(PrintWriter out, boolean withTime) {
        super(out);
        this.withTime = withTime;
    }

    @Override
    public void of(QueryService.Asked asked, List<String> columns) {
        time = asked.createdAt().toString();
        look();
    }

    @Override
    public void row(List<Object> values) {
        List<String> cells = new ArrayList<>();
        if (withTime) {
            cells.add(time);
        }
        values.forEach(value ->
                cells.add(value == null ? NULL : Output.escape(text(value).replace("\\", "\\\\"))));
        print(String.join("\t", cells) + "\n");
    }
}
