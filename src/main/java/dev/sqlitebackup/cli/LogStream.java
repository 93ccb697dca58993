package dev.sqlitebackup.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;

/**
 * Standard error of a run that prints a debug log: the one place where what the log says is escaped, ours and that of
 * libraries. The logger prints each record by one call, and a stack trace each of its lines.
 */
final class LogStream extends PrintStream {
    private static final String INDENT = "    ";

    private LogStream(OutputStream out) {
        super(out, true, Charset.defaultCharset());
    }

    /** Lets the log through here, from now on. */
    static void install() {
        if (!(System.err instanceof LogStream)) {
            System.setErr(new LogStream(System.err));
        }
    }

    @Override
    public void println(String line) {
        super.println(escape(line));
    }

    @Override
    public void println(Object line) {
        super.println((Object) escape(String.valueOf(line)));
    }

    /** All but the tabs that a stack trace begins its lines with. */
    static String escape(String line) {
        String text = line.stripLeading();
        return Output.escape(line.substring(0, line.length() - text.length()).replace("\t", INDENT) + text);
    }
}
