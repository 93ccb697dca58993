package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.git.Index;
import dev.sqlitebackup.git.Push;
import dev.sqlitebackup.git.WorkTree;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.BackupName;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.History;
import dev.sqlitebackup.history.Retention;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What a run leaves in Git: all that its backup needs and what it deleted, staged, or committed and pushed as well.
 * Nothing else that is staged or changed there has a part in it.
 */
public final class GitService {
    /**
     * Where a backup was pushed.
     *
     * @param to such as {@code origin/main}
     * @param remedy what to type some day because others had pushed meanwhile, null if nobody had
     * @param warning where a clone would not have it at once, else null
     */
    public record Pushed(String to, String remedy, String warning) {}

    private final BackupService.Request request;
    private final Path place;

    /** @throws Failure USAGE if the destination does not lie on this machine */
    public GitService(BackupService.Request request) {
        this.request = request;
        this.place = request.destination().path();
        if (place == null) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "only what lies in a directory can be pushed by Git: " + request.destination(),
                    "leave out --push, or name a file or directory in your repository with --to");
        }
    }

    /**
     * What is wrong with Git otherwise is said when the backup is made.
     *
     * @throws Failure USAGE if a destination that is to be pushed lies in no work tree of Git; nothing is made then
     */
    public void requireWorkTree() {
        Path existing = place.toAbsolutePath().normalize();
        while (!Files.isDirectory(existing)) {
            existing = existing.getParent();
        }
        if (!WorkTree.isAround(existing)) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "--push needs a destination in a Git repository, and this is none: " + place,
                    "make one: git -C " + Hints.quoted(existing.toString()) + " init; or leave out --push");
        }
    }

    /**
     * Stages what the run made, what that builds on, and what it deleted. Outside of a work tree, or where Git ignores
     * it, there is nothing to do.
     *
     * @return what is not staged for a good reason, and what to type
     * @throws Failure FAILURE if Git cannot
     */
    public List<String> stage(BackupService.Result result) {
        WorkTree tree = WorkTree.around(directory());
        if (tree == null) {
            return List.of();
        }
        return new Index(tree, request.busyTimeout())
                .stage(made(result)).stream()
                        .map(refusal ->
                                "the backup is made, but not staged: " + refusal.why() + "; type: " + refusal.remedy())
                        .toList();
    }

    /**
     * Commits and pushes the same, and of a history every backup of this database that is not there yet: without all
     * that it builds on, one is of no use to who clones.
     *
     * @return where to
     * @throws Failure FAILURE if not all of that succeeded
     */
    public Pushed push(BackupService.Result result) {
        WorkTree tree = WorkTree.around(directory());
        if (tree == null) {
            throw new Failure(Failure.Kind.FAILURE, "there is no Git repository around " + directory() + " any more");
        }
        Path backup = Path.of(result.backup());
        boolean isHistory = request.destination().isDirectory();
        Set<Path> files = made(result);
        if (isHistory) {
            request.destination().history().read().of(request.nameOf(result.database())).stream()
                    .flatMap(chain -> chain.members().stream())
                    .forEach(member -> files.add(Path.of(member.location())));
        }
        Push.Wanted wanted = new Push.Wanted(
                files,
                backup,
                message(result),
                isHistory ? isBackupIn(tree.nameOf(place)) : tree.nameOf(backup)::equals,
                tree.nameOf(isHistory ? place : backup));
        Push.Pushed pushed =
                Push.of(tree, new Index(tree, request.busyTimeout()), wanted, request.temporaryDirectory());
        return new Pushed(pushed.to(), pushed.remedy(), pushed.warning());
    }

    private Path directory() {
        return request.destination().isDirectory()
                ? place
                : place.toAbsolutePath().getParent();
    }

    private Set<Path> made(BackupService.Result result) {
        Set<Path> files = new LinkedHashSet<>();
        Stream.concat(
                        chain(result).stream().map(Backup::location),
                        Stream.concat(
                                Stream.of(result.backup()),
                                result.pruned().stream()
                                        .map(Retention.Decision::backup)
                                        .map(Backup::location)))
                .map(Path::of)
                .forEach(files::add);
        return files;
    }

    private List<Backup> chain(BackupService.Result result) {
        if (result.manifest().increment() == null) {
            return List.of();
        }
        History history = request.destination().history();
        return history.read().chains().stream()
                .filter(chain -> chain.tip().location().equals(result.backup()))
                .findFirst()
                .map(Chain::members)
                .orElseThrow(() -> new Failure(
                        Failure.Kind.FAILURE,
                        "the new backup, or a file that it builds on, is missing: " + result.backup()));
    }

    private static Predicate<String> isBackupIn(String directory) {
        String prefix = directory.equals(".") ? "" : directory + "/";
        return name -> name.startsWith(prefix) && BackupName.parse(name.substring(prefix.length())) != null;
    }

    private String message(BackupService.Result result) {
        String since = result.manifest().increment() == null
                ? ""
                : ", what changed since " + result.manifest().increment().parentCreatedAt();
        StringBuilder message = new StringBuilder("Back up "
                + oneLine(request.nameOf(result.database())) + " of "
                + result.manifest().createdAt() + "\n\n"
                + oneLine(Path.of(result.backup()).getFileName().toString()) + ": "
                + result.manifest().databaseBytes() + " bytes in " + result.backupBytes() + since + "\n");
        result.pruned()
                .forEach(decision ->
                        message.append("deleted " + oneLine(decision.backup().name()) + "\n"));
        return message.toString();
    }

    private static String oneLine(String name) {
        return name.replaceAll("\\p{Cntrl}", "?");
    }
}
