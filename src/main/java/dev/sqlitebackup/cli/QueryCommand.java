package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.core.QueryService;
import dev.sqlitebackup.core.QueryService.Which;
import dev.sqlitebackup.files.NativeCode;
import dev.sqlitebackup.history.Location;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "query",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Ask a backup, or each backup of a history, one question in SQL that only reads.",
        footer = {
            "",
            "Examples:",
            "  sqlite-backup query /mnt/nas/backups/ 'SELECT count(*) FROM session'",
            "  # the last backup that still had it",
            "  sqlite-backup query /mnt/nas/backups/ --each --first \\",
            "      \"SELECT * FROM session WHERE id = 'ses_1'\"",
            "  sqlite-backup query app.db.gz 'SELECT * FROM t' --csv > t.csv"
        })
public final class QueryCommand implements Callable<Integer> {
    private static final Pattern QUESTION =
            Pattern.compile("\\s*(?:SELECT|VALUES|WITH|EXPLAIN)\\b", Pattern.CASE_INSENSITIVE);

    private final Environment environment;
    private final CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "BACKUP",
            description =
                    "The backup, a directory or s3://BUCKET/PREFIX/ with a history, a database, or - for standard input.")
    private Location backup;

    @Parameters(
            index = "1",
            paramLabel = "SQL",
            description = "One SELECT, VALUES, WITH or EXPLAIN. It can neither write nor open anything.")
    private String sql;

    @Mixin
    private AtOption at;

    @Mixin
    private NameOption name;

    @Option(
            names = "--each",
            description = "Ask every backup there, from the newest (or --at) on, with its time before each row.")
    private boolean each;

    @Option(names = "--first", description = "With --each: stop at the first backup that has a row.")
    private boolean first;

    @Option(names = "--csv", description = "Print CSV (RFC 4180), with the names of the columns.")
    private boolean csv;

    QueryCommand(Environment environment, CommonOptions common) {
        this.environment = environment;
        this.common = common;
    }

    @Override
    public Integer call() {
        if (first && !each) {
            throw new ParameterException(spec.commandLine(), "--first needs --each");
        }
        refuseSwapped();
        if (csv && common.json) {
            throw new ParameterException(spec.commandLine(), "--csv and --json are two forms of the same: take one");
        }
        Output output = Output.of(spec.commandLine(), common);
        RowFormat format = format(output);
        QueryService.Result result;
        try (ProgressDisplay progress =
                ProgressDisplay.of(common, environment.streams(), each ? RunPlan.EACH : RunPlan.VERIFY)) {
            result = query(progress, format);
        } catch (RuntimeException | OutOfMemoryError e) {
            if (output.out().checkError()) {
                throw e; // Nothing can be said there any more.
            }
            result = new QueryService.Result(List.of(), FailureHandler.asFailure(e));
        }
        return format.end(output, result);
    }

    /** Who says what he asks before whom, as one does, has to hear more than that a path is no question. */
    private void refuseSwapped() {
        String first = spec.positionalParameters().get(0).originalStringValues().get(0);
        if (QUESTION.matcher(first).lookingAt() && !QUESTION.matcher(sql).lookingAt()) {
            List<String> words = new ArrayList<>(List.of(spec.name(), sql));
            spec.commandLine().getParseResult().matchedOptions().stream()
                    .map(option -> option.longestName()
                            + (option.arity().max() == 0
                                    ? ""
                                    : "=" + option.originalStringValues().get(0)))
                    .forEach(words::add);
            throw new Failure(
                    Failure.Kind.USAGE,
                    "this is a question, and no backup: " + first,
                    "the backup comes first: " + Hints.command(words.toArray(String[]::new)) + " "
                            + Hints.quoted(first));
        }
    }

    private RowFormat format(Output output) {
        boolean isTerminal = environment.streams().outIsTerminal();
        if (common.json) {
            return new JsonRows(output.out());
        }
        if (csv) {
            return new CsvRows(output.out(), each, isTerminal);
        }
        return isTerminal
                ? new TableRows(
                        output.out(),
                        each,
                        StandardStreams.terminalColumns(),
                        environment.clock().getZone())
                : new TsvRows(output.out(), each);
    }

    private QueryService.Result query(ProgressDisplay progress, RowFormat format) {
        Path tmp = environment.temporaryDirectory(null);
        NativeCode.unpackInto(environment.programDirectories(tmp));
        Path database = environment.database(null);
        return new QueryService(environment.clock(), progress)
                .query(
                        new QueryService.Request(
                                environment.backup(backup, database, name.name(spec)),
                                database,
                                name.name(spec),
                                at.notAfter(environment, spec),
                                sql,
                                first ? Which.FIRST : each ? Which.EACH : Which.ONE,
                                tmp,
                                common.busyTimeout),
                        new QueryService.Answers() {
                            @Override
                            public void of(QueryService.Asked asked, List<String> columns) {
                                progress.close(); // What follows has the terminal for itself.
                                format.of(asked, columns);
                            }

                            @Override
                            public void row(List<Object> values) {
                                format.row(values);
                            }
                        });
    }
}
