package dev.sqlitebackup.git;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * How far Git has taken some files, as far as this repository knows: no remote is asked, nothing is written.
 *
 * @param committed whether HEAD has them as they are
 * @param pushed whether what was last seen of the upstream has them so too; null where there is no remote
 * @param unpushedSince when the oldest commit was made that the upstream lacks; null if there is none
 */
public record Published(boolean committed, Boolean pushed, Instant unpushedSince) {
    /**
     * Asks Git.
     *
     * @param place the file, or the directory, whose commits are meant
     * @return null where Git tracks nothing at that place
     */
    public static Published of(WorkTree tree, Collection<Path> files, Path place) {
        String below = tree.nameOf(place);
        if (!tree.tracks(below)) {
            return null;
        }
        List<String> names = files.stream().map(tree::nameOf).toList();
        boolean committed = tree.hasCommitted(names);
        Upstream upstream = Upstream.of(tree);
        if (upstream == null || upstream.remote() == null) {
            return new Published(committed, null, null);
        }
        String seen = tree.commit(upstream.tracking());
        return new Published(
                committed, committed && tree.areEqual("HEAD", seen, names), oldestCommit(tree, seen, below));
    }

    /** Of a push that went past this branch the same change is there in another commit. */
    private static Instant oldestCommit(WorkTree tree, String seen, String below) {
        if (tree.commit("HEAD") == null) {
            return null;
        }
        List<String> words =
                new ArrayList<>(List.of("-c", "log.showSignature=false", "log", "--no-merges", "--format=%ct"));
        words.addAll(seen == null ? List.of("HEAD") : List.of("--cherry-pick", "--right-only", seen + "...HEAD"));
        words.addAll(List.of("--", below));
        return tree.git()
                .run(null, words.toArray(String[]::new))
                .ok("tell which commits are not pushed")
                .text()
                .lines()
                .map(line -> Instant.ofEpochSecond(Long.parseLong(line)))
                .min(Comparator.naturalOrder())
                .orElse(null);
    }
}
