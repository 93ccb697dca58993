package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.QueryService;
import java.io.PrintWriter;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** A way to print rows as they come. */
abstract class RowFormat implements QueryService.Answers {
    /** To look at each would send each alone. */
    private static final int ROWS_BETWEEN_LOOKS = 256;

    private final PrintWriter out;
    private int rows;

    RowFormat(PrintWriter out) {
        this.out = out;
    }

    /** @throws dev.sqlitebackup.Failure FAILURE if nobody reads any more: a question may have answers without end */
    final void print(String text) {
        out.print(text);
        if (++rows % ROWS_BETWEEN_LOOKS == 0) {
            look();
        }
    }

    /** Sends what was printed. */
    final void look() {
        if (out.checkError()) {
            throw FailureHandler.unsaid();
        }
    }

    /**
     * Prints what is left, and how it ended.
     *
     * @return the exit code
     */
    int end(Output output, QueryService.Result result) {
        out.flush();
        if (result.failure() != null) {
            return output.failure(result.failure(), result.warnings());
        }
        output.success(List.of(), result.warnings(), Map.of());
        return ExitCodes.OK;
    }

    /** As SQLite reads it again, but for a text, which is as it is; null for NULL. */
    static String text(Object value) {
        return value == null
                ? null
                : value instanceof byte[] blob
                        ? "x'" + HexFormat.of().formatHex(blob) + "'"
                        : value instanceof Double real ? text(real) : value.toString();
    }

    /** Also as JSON has it: infinity is a number that is too large. */
    static String text(Double real) {
        return real.isInfinite() ? (real > 0 ? "9e999" : "-9e999") : real.toString();
    }
}
