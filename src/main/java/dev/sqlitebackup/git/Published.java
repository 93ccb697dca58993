package dev.sqlitebackup.git;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How far Git has taken some files, as far as this repository knows: no remote is asked, nothing is written.
 *
 * @param committed whether HEAD has them as they are
 * @param pushed whether what was last seen of the remote has them so too; null where there is no remote
 */
public record Published(boolean committed, Boolean pushed) {
    /**
     * Asks Git.
     *
     * @param place the file, or the directory of the files
     * @return null where Git tracks nothing at that place
     */
    public static Published of(WorkTree tree, Collection<Path> files, Path place) {
        if (!tree.tracks(tree.nameOf(place))) {
            return null;
        }
        List<String> names = files.stream().map(tree::nameOf).toList();
        boolean committed = tree.hasCommitted(names);
        List<String> seen = seen(tree);
        return new Published(
                committed,
                seen == null
                        ? null
                        : committed && seen.stream().anyMatch(commit -> tree.areEqual("HEAD", commit, names)));
    }

    /**
     * @return what was seen of where the branch goes; of any remote where no branch is checked out; null for no remote
     */
    private static List<String> seen(WorkTree tree) {
        Upstream upstream = Upstream.of(tree);
        if (upstream != null) {
            String commit = upstream.remote() == null ? null : tree.commit(upstream.tracking());
            return upstream.remote() == null ? null : commit == null ? List.of() : List.of(commit);
        }
        List<String> all = tree.list("for-each-ref", "--format=%(objectname)", "refs/remotes");
        return all.isEmpty() ? null : all;
    }

    /**
     * Which of some names no remote was seen to have.
     *
     * @param directory of them
     */
    public static Set<String> unpushed(WorkTree tree, Path directory, Collection<String> fileNames) {
        Set<String> unpushed = new HashSet<>(fileNames);
        String prefix = tree.nameOf(directory).equals(".") ? "" : tree.nameOf(directory) + "/";
        for (String commit : seenOrNothing(tree)) {
            tree.entriesOf(commit, List.of(prefix.isEmpty() ? "." : prefix))
                    .keySet()
                    .forEach(name -> unpushed.remove(name.substring(prefix.length())));
        }
        return unpushed;
    }

    private static List<String> seenOrNothing(WorkTree tree) {
        List<String> seen = seen(tree);
        return seen == null ? List.of() : seen;
    }

    /**
     * Since when a file has waited to be pushed: when the oldest commit of it was made that the remote was not seen to
     * have, else when the newest was made that it has.
     *
     * @return null where there is neither
     */
    public static Instant waitingSince(WorkTree tree, Path file) {
        String name = tree.nameOf(file);
        for (String commit : seenOrNothing(tree)) {
            List<Instant> mine = times(tree, List.of("--cherry-pick", "--right-only", commit + "...HEAD"), name);
            List<Instant> theirs = mine.isEmpty() ? times(tree, List.of("-1", commit), name) : mine;
            if (!theirs.isEmpty()) {
                return theirs.get(theirs.size() - 1);
            }
        }
        List<Instant> all = tree.commit("HEAD") == null ? List.of() : times(tree, List.of("HEAD"), name);
        return all.isEmpty() ? null : all.get(all.size() - 1);
    }

    /** Newest first. */
    private static List<Instant> times(WorkTree tree, List<String> which, String name) {
        List<String> words =
                new ArrayList<>(List.of("-c", "log.showSignature=false", "log", "--no-merges", "--format=%ct"));
        words.addAll(which);
        words.addAll(List.of("--", name));
        return tree.list(words.toArray(String[]::new)).stream()
                .map(line -> Instant.ofEpochSecond(Long.parseLong(line)))
                .toList();
    }
}
