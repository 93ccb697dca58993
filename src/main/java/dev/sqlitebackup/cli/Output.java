package dev.sqlitebackup.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.core.Verification;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import picocli.CommandLine;

/**
 * The two ways to print: lines for people, and one JSON object. Results go to standard output, everything else to standard
 * error. Control characters, which file names may hold, reach no terminal.
 */
final class Output {
    private static final Gson GSON = new GsonBuilder().serializeNulls().disableHtmlEscaping().create();
    private static final IntPredicate UNSAFE = c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT
            || Character.getType(c) == Character.LINE_SEPARATOR || Character.getType(c) == Character.PARAGRAPH_SEPARATOR;

    private final PrintWriter out;
    private final PrintWriter err;
    private final CommonOptions options;
    private final String command;

    private Output(CommandLine commandLine, CommonOptions options) {
        this.out = commandLine.getOut();
        this.err = commandLine.getErr();
        this.options = options;
        this.command = commandLine.getCommandName();
    }

    static Output of(CommandLine commandLine, CommonOptions options) {
        return new Output(commandLine, options);
    }

    /**
     * Says that a command has done what it was asked for.
     *
     * @param line the closing line for people
     * @param fields of the JSON object, in order
     */
    void success(String line, Verification verification, Map<String, Object> fields) {
        if (options.json) {
            Map<String, Object> object = base(true, ExitCodes.OK);
            object.putAll(fields);
            if (!verification.warnings().isEmpty()) {
                object.put("warnings", verification.warnings());
            }
            out.println(GSON.toJson(object));
        } else if (!options.quiet) {
            out.println(encodable(escape(line)));
        }
        if (out.checkError()) {
            throw new Failure(Failure.Kind.FAILURE, "done and verified, but the result could not be written to standard output");
        }
        if (!options.json) {
            warnings(verification.warnings());
        }
    }

    private void warnings(List<String> warnings) {
        warnings.forEach(warning -> err.println(encodable("warning: " + escape(warning))));
        err.flush();
    }

    /** @return the exit code */
    int failure(Failure failure) {
        int exitCode = ExitCodes.of(failure.kind());
        if (options.json) {
            Map<String, Object> object = base(false, exitCode);
            object.put("error", failure.kind().code());
            object.put("message", failure.getMessage());
            object.put("hint", failure.hint());
            out.println(GSON.toJson(object));
            out.flush();
        }
        err.println(encodable("error: " + escape(failure.getMessage())));
        if (failure.hint() != null) {
            err.println(encodable("hint: " + escape(failure.hint())));
        }
        if (options.verbose) {
            failure.printStackTrace(err);
        }
        err.flush();
        return exitCode;
    }

    private Map<String, Object> base(boolean ok, int exitCode) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("command", command);
        object.put("ok", ok);
        object.put("exitCode", exitCode);
        return object;
    }

    static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (UNSAFE.test(c)) {
                escaped.append(c == '\n' ? "\\n" : c == '\t' ? "\\t" : String.format("\\u%04x", c));
            } else {
                escaped.appendCodePoint(c);
            }
        });
        return escaped.toString();
    }

    private static String encodable(String line) {
        return Charset.defaultCharset().newEncoder().canEncode('→') ? line : line.replace("→", "->");
    }

    /** 343.0 MB: decimal units, one digit behind the point. */
    static String size(long bytes) {
        String[] units = {"B", "kB", "MB", "GB", "TB"};
        double value = bytes;
        int unit = 0;
        while (value >= 999.95 && unit < units.length - 1) {
            value /= 1000;
            unit++;
        }
        return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }

    static String seconds(long millis) {
        return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
    }
}
