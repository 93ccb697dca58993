package dev.sqlitebackup.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import dev.sqlitebackup.Failure;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.Charset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;

/**
 * The two ways to print: lines for people, and one JSON object. Results go to standard output, everything else to
 * standard error. Control characters, which file names may hold, reach no terminal.
 */
final class Output {
    static final Gson GSON =
            new GsonBuilder().serializeNulls().disableHtmlEscaping().create();
    private static final IntPredicate UNSAFE = c -> Character.isISOControl(c)
            || Character.getType(c) == Character.FORMAT
            || Character.getType(c) == Character.LINE_SEPARATOR
            || Character.getType(c) == Character.PARAGRAPH_SEPARATOR;

    private static final boolean ARROWS = Charset.defaultCharset().newEncoder().canEncode('→');

    private final PrintWriter out;
    private final PrintWriter err;
    private final CommonOptions options;
    private final String command;

    private Output(CommandLine commandLine, CommonOptions options) {
        this.out = options.standardOutputIsTaken ? commandLine.getErr() : commandLine.getOut();
        this.err = commandLine.getErr();
        this.options = options;
        this.command = commandLine.getCommandName();
    }

    static Output of(CommandLine commandLine, CommonOptions options) {
        return new Output(commandLine, options);
    }

    /** Where results go that are printed bit by bit; with {@code -q}, nowhere. */
    PrintWriter out() {
        return options.quiet && !options.json ? new PrintWriter(Writer.nullWriter()) : out;
    }

    /**
     * Says that a command has done what it was asked for.
     *
     * @param lines for people, the result first or alone
     * @param fields of the JSON object, in order
     */
    void success(List<String> lines, List<String> warnings, Map<String, Object> fields) {
        success(lines, warnings, List.of(), fields);
    }

    /**
     * @param news warnings
     * @param known such that people have read before, and only programs need again
     */
    void success(List<String> lines, List<String> news, List<String> known, Map<String, Object> fields) {
        Ping ping = ping();
        List<String> warnings = both(news, ping == null ? List.of() : ping.succeeded());
        Map<String, Object> object = object(ExitCodes.OK, fields, both(known, warnings));
        noteEnd(ExitCodes.OK, object);
        if (options.json) {
            printJson(object);
        } else if (!options.quiet) {
            lines.forEach(line -> out.println(said(line)));
        }
        if (out.checkError()) {
            if (lines.size() == 1) { // What was done, such as where the old content is.
                err.println(said(lines.get(0)));
            }
            warnings(warnings);
            throw FailureHandler.unsaid();
        }
        if (!options.json) {
            warnings(warnings);
        }
    }

    /** Lines for people, before what is said of how it ended. */
    void print(List<String> lines) {
        if (!options.json) {
            lines.forEach(line -> out().println(said(line)));
        }
    }

    /** @return the exit code */
    int failure(Failure failure) {
        return failure(failure, List.of());
    }

    /** The same with what went wrong beside it. */
    int failure(Failure failure, List<String> warnings) {
        return failure(failure, warnings, Map.of());
    }

    /**
     * Says that a command failed, and what it found out all the same.
     *
     * @return the exit code
     */
    int failure(Failure failure, List<String> beside, Map<String, Object> fields) {
        Ping ping = failure.kind() == Failure.Kind.INTERRUPTED ? null : ping();
        List<String> warnings = both(beside, ping == null ? List.of() : ping.failed(failure, Results.failures(fields)));
        Map<String, Object> object = failed(failure, warnings, fields);
        noteEnd(ExitCodes.of(failure.kind()), object);
        if (options.json) {
            printJson(object);
            out.flush();
        }
        return say(failure, warnings);
    }

    private Map<String, Object> failed(Failure failure, List<String> warnings, Map<String, Object> fields) {
        Map<String, Object> object = object(ExitCodes.of(failure.kind()), Map.of(), List.of());
        object.put("error", failure.kind().code());
        object.put("message", failure.getMessage());
        object.put("hint", failure.hint());
        object.putAll(fields);
        putWarnings(object, warnings);
        return object;
    }

    /**
     * Of a JSON object that is printed bit by bit, what every one has.
     *
     * @param failure null if nothing failed
     */
    Map<String, Object> ending(Failure failure, List<String> warnings) {
        return failure == null ? object(ExitCodes.OK, Map.of(), warnings) : failed(failure, warnings, Map.of());
    }

    /**
     * Says on standard error what failed.
     *
     * @return the exit code
     */
    int say(Failure failure, List<String> warnings) {
        if (!options.json || !options.standardOutputIsTaken) {
            warnings(warnings);
            err.println("error: " + said(failure.getMessage()));
            if (failure.hint() != null) {
                err.println(encodable("hint: " + escape(failure.hint())));
            }
        }
        if (options.verbose) {
            StringWriter trace = new StringWriter();
            failure.printStackTrace(new PrintWriter(trace));
            trace.toString().lines().forEach(line -> err.println(encodable(LogStream.escape(line))));
        }
        err.flush();
        return ExitCodes.of(failure.kind());
    }

    /** Who is told how the command has ended, null for nobody; not of each of several. */
    private Ping ping() {
        return options.results == null ? options.ping : null;
    }

    private void noteEnd(int exitCode, Map<String, Object> object) {
        if (options.results != null) {
            options.results.add(object);
        } else if (options.service != null) {
            warnings(options.service.ended(exitCode, object));
        }
    }

    private void printJson(Map<String, Object> object) {
        if (options.results == null) {
            out.println(json(object));
        }
    }

    /** As people read it; where there are several, of which one it is said. */
    private String said(String text) {
        return encodable(escape(options.results == null ? text : options.results.line(text)));
    }

    private static List<String> both(List<String> some, List<String> more) {
        return Stream.concat(some.stream(), more.stream()).toList();
    }

    void warnings(List<String> warnings) {
        warnings.forEach(warning -> err.println("warning: " + said(warning)));
        err.flush();
    }

    private Map<String, Object> object(int exitCode, Map<String, Object> fields, List<String> warnings) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("command", command);
        object.put("ok", exitCode == ExitCodes.OK);
        object.put("exitCode", exitCode);
        object.putAll(fields);
        putWarnings(object, warnings);
        return object;
    }

    /** JSON may hold what a terminal takes for a command; escaped as the other texts are, it means the same. */
    static String json(Map<String, Object> object) {
        return escape(GSON.toJson(object));
    }

    private static void putWarnings(Map<String, Object> object, List<String> warnings) {
        if (!warnings.isEmpty()) {
            object.put("warnings", warnings);
        }
    }

    static String escape(String text) {
        if (text.codePoints().noneMatch(UNSAFE)) {
            return text;
        }
        StringBuilder escaped = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (UNSAFE.test(c)) {
                escaped.append(c == '\n' ? "\\n" : c == '\t' ? "\\t" : utf16(c));
            } else {
                escaped.appendCodePoint(c);
            }
        });
        return escaped.toString();
    }

    /** As JSON and Java write it: two units for what lies beyond 16 bits. */
    private static String utf16(int codePoint) {
        return Character.toString(codePoint)
                .chars()
                .mapToObj(unit -> String.format("\\u%04x", unit))
                .collect(Collectors.joining());
    }

    private static String encodable(String line) {
        return ARROWS ? line : line.replace("→", "->");
    }

    /** Says to people what is no result. */
    void tell(List<String> lines) {
        if (!options.quiet && !options.json) {
            tell(err, lines);
        }
    }

    /** The same to whom it has to reach. */
    static void tell(PrintWriter terminal, List<String> lines) {
        lines.forEach(line -> terminal.println(encodable(escape(line))));
        terminal.flush();
    }
}
