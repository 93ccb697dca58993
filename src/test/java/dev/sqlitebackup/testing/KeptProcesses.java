package dev.sqlitebackup.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Which runs may take place in a {@link KeptProcess}, and in which. What is not known to be the same there starts a
 * process of its own.
 */
final class KeptProcesses {
    private static final int MOST = 3;

    private static final Set<String> COMMANDS = Set.of(
            "backup", "restore", "undo", "verify", "list", "status", "prune", "diff", "query", "undelete", "report");
    /** Not among them: what is about the process ({@code --every}), its input, or the logger, which is made once. */
    private static final Predicate<String> OPTION = Pattern.compile(
                    "(?s)(-q|--|--(json|quiet|yes|dry-run|live|full|compact|push|pushed|stage|all|each|first|csv"
                            + "|allow-shrink|only|no-triggers"
                            + "|(to|name|at|config|databases-in|level|threads|tmp-dir|safety-dir|busy-timeout|max-age"
                            + "|max-verify-age|metrics-file|object-lock|ping|assert|rows"
                            + "|table|where|limit|keep-(last|within|hourly|daily|weekly|monthly|yearly))(=.+)?))")
            .asMatchPredicate();
    /** Of what the command line can carry. */
    private static final CharsetEncoder ENCODER =
            Charset.forName(System.getProperty("sun.jnu.encoding")).newEncoder();
    /** Of the process that opens it. */
    private static final Predicate<String> OF_PROCESS =
            Pattern.compile("(?s)(.*=)?(-|/(dev|proc)/.*)").asMatchPredicate();
    /** Which only the program reads, and not a library or a program that it starts. */
    private static final Predicate<String> OF_RUN = Set.of(
            "SQLITE_BACKUP_DB",
            "SQLITE_BACKUP_TO",
            "SQLITE_BACKUP_HEALTH_FILE",
            "TMPDIR",
            "XDG_CACHE_HOME",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_STATE_HOME")::contains;
    /** Which the SDK, or Java itself, reads from its process. */
    private static final Predicate<String> OF_START =
            Pattern.compile("AWS_.*|SQLITE_BACKUP_S3_PATH_STYLE|TZ").asMatchPredicate();

    /** By the variables that they were started with, the one that was used last at the end. */
    private static final Map<Map<String, String>, KeptProcess> KEPT = new LinkedHashMap<>(MOST, 1, true);

    private KeptProcesses() {}

    static synchronized boolean suit(List<String> arguments, Map<String, String> changes) {
        return !arguments.isEmpty()
                && COMMANDS.contains(arguments.get(0))
                && arguments.stream()
                        .skip(1)
                        .allMatch(argument -> ENCODER.canEncode(argument)
                                && !OF_PROCESS.test(argument)
                                && (OPTION.test(argument) || !argument.startsWith("-")))
                && changes.entrySet().stream()
                        .allMatch(change -> OF_RUN.test(change.getKey())
                                || OF_START.test(change.getKey()) && change.getValue() != null);
    }

    /**
     * One for runs with these variables, started if there is none.
     *
     * @return null if all are busy
     */
    static synchronized KeptProcess with(List<String> java, Map<String, String> changes) {
        Map<String, String> own = new TreeMap<>(changes);
        own.keySet().removeIf(OF_RUN);
        KEPT.values().removeIf(process -> !process.isUsable());
        if (!KEPT.containsKey(own)
                && KEPT.size() == MOST
                && !KEPT.values().removeIf(process -> KEPT.size() == MOST && process.end())) {
            return null;
        }
        return KEPT.computeIfAbsent(own, variables -> {
            try {
                return new KeptProcess(java, variables);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
