package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.core.BackupService;
import dev.sqlitebackup.core.GitService;
import java.util.ArrayList;
import java.util.List;

/** What a backup does in Git after it is made, and how the run has to end because of that. */
final class GitRun {
    private final GitOptions options;
    private final GitService service;
    private final List<String> warnings = new ArrayList<>();
    private Failure failure;
    private GitService.Pushed pushed;

    private GitRun(GitOptions options, GitService service) {
        this.options = options;
        this.service = service;
    }

    /** @throws Failure USAGE if the destination cannot be pushed; nothing is made then */
    static GitRun of(GitOptions options, BackupService.Request request) {
        boolean asked = options.push || options.stage && request.destination().path() != null;
        GitService service = asked ? new GitService(request) : null;
        if (options.push) {
            service.requireWorkTree();
        }
        return new GitRun(options, service);
    }

    /** A backup is made whatever happens here, and what was wrong with that is the worse news. */
    void take(BackupService.Result result) {
        failure = result.failure();
        if (service == null) {
            return;
        }
        try {
            if (options.push) {
                pushed = service.push(result);
                if (pushed.warning() != null) {
                    warnings.add(pushed.warning());
                }
            } else {
                warnings.addAll(service.stage(result));
            }
        } catch (Failure e) {
            String message = "the backup is made and verified, " + result.backup() + ", but not "
                    + (options.push ? "pushed: " : "staged: ") + e.getMessage();
            if (failure == null || e.kind() == Failure.Kind.INTERRUPTED) {
                failure = new Failure(e.kind(), message, e.hint(), e);
            } else {
                warnings.add(message);
            }
        }
    }

    List<String> warnings() {
        return warnings;
    }

    /** Null if all is well. */
    Failure failure() {
        return failure;
    }

    /** Null if nothing was. */
    GitService.Pushed pushed() {
        return pushed;
    }

    /** What to add to the line for people. */
    String words() {
        return pushed == null
                ? ""
                : ", pushed to " + pushed.to()
                        + (pushed.remedy() == null
                                ? ""
                                : ", on top of commits of others; get these once your work is committed: "
                                        + pushed.remedy());
    }
}
