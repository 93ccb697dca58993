package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Again;
import dev.sqlitebackup.history.DatabaseChoice;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Selection;
import dev.sqlitebackup.sqlite.ReadOnlyQuery;
import dev.sqlitebackup.sqlite.Unfit;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Asks one backup, or each of a history from the newest on, a question that only reads. */
public final class QueryService {
    /**
     * What a user asked for.
     *
     * @param database that decides where {@code backup} is a directory with several, and no name does
     * @param name what its backups are called there, null if the user did not say
     * @param notAfter the latest time of the backup, or null for the newest
     * @param sql the question
     * @param which of the backups are asked
     * @param temporaryDirectory where they are decompressed
     */
    public record Request(
            Location backup,
            Path database,
            String name,
            Instant notAfter,
            String sql,
            Which which,
            Path temporaryDirectory,
            Duration busyTimeout) {}

    /** Which backups are asked. */
    public enum Which {
        ONE,
        EACH,
        /** Each, from the newest on, up to the first that has a row. */
        FIRST
    }

    /**
     * A backup that answers.
     *
     * @param backup where it is
     * @param commit that holds it in Git, else null
     */
    public record Asked(String backup, String commit, Instant createdAt) {}

    /** Takes the answers, one after the other, as they come. */
    public interface Answers {
        /** The next one begins: only now, what the backup holds is proven. */
        void of(Asked asked, List<String> columns);

        /** @param values a Long, Double, String or byte[] each, or null */
        void row(List<Object> values);
    }

    /**
     * How it ended.
     *
     * @param failure what to say if not all could be asked, null if they could
     */
    public record Result(List<String> warnings, Failure failure) {}

    private final Clock clock;
    private final Progress progress;

    public QueryService(Clock clock, Progress progress) {
        this.clock = clock;
        this.progress = progress;
    }

    /**
     * Asks.
     *
     * @throws Failure USAGE if the question is not one statement that only reads, or fits no backup; NOT_FOUND if there
     *     is no backup, CORRUPT if the one is damaged, NO_SPACE, FAILURE if a row cannot be computed
     */
    public Result query(Request request, Answers answers) {
        ReadOnlyQuery.requireReading(request.sql);
        try (Workspace workspace = Workspace.create(request.temporaryDirectory)) {
            if (request.which == Which.ONE) {
                return one(request, workspace, answers);
            }
            try (EachBackup each = EachBackup.of(request, clock.instant(), workspace, progress)) {
                return new QueryOfEach(request.sql, request.which == Which.FIRST, answers).ask(each);
            } catch (IOException e) {
                throw Failure.io("cannot stage the backup in", workspace.directory(), e);
            }
        }
    }

    private Result one(Request request, Workspace workspace, Answers answers) {
        StagedBackup staged = new Staging(workspace, request.busyTimeout, progress)
                .stage(Selection.of(
                        request.backup,
                        new Selection.Wish(
                                DatabaseChoice.of(request.name, request.database, true),
                                request.notAfter,
                                clock.instant(),
                                Again.query(request.backup, request.name, request.sql))));
        Asked asked = new Asked(
                staged.source().location(),
                staged.source().commit(),
                staged.manifest().createdAt());
        try {
            ReadOnlyQuery.ask(staged.file(), "the backup " + staged.source(), request.sql, new ReadOnlyQuery.Rows() {
                @Override
                public void columns(List<String> names) {
                    answers.of(asked, names);
                }

                @Override
                public void row(List<Object> values) {
                    answers.row(values);
                }
            });
        } catch (Unfit e) {
            throw unfit(e);
        }
        return new Result(staged.verification().warnings(), null);
    }

    static Failure unfit(Unfit why) {
        return new Failure(Failure.Kind.USAGE, "SQLite cannot run this: " + why.getMessage(), why.hint(), why);
    }
}
