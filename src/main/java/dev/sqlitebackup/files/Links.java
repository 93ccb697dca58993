package dev.sqlitebackup.files;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/** Symbolic links to what may not be there, which the system itself does not follow to their end. */
public final class Links {
    /** As in Linux (path_resolution(7)): more of them go round in a circle. */
    private static final int MAX_LINKS = 40;

    private Links() {}

    /**
     * Where a name leads of which nothing may be there, with each link on the way followed: also one that leads to a
     * disk which is not mounted.
     *
     * @throws Failure if a link cannot be read
     */
    public static Path leadsTo(Path path) {
        Path reached = path.toAbsolutePath().getRoot();
        Deque<Path> ahead = new ArrayDeque<>();
        path.toAbsolutePath().forEach(ahead::add);
        for (int links = 0; !ahead.isEmpty(); ) {
            Path next = reached.resolve(ahead.pop()).normalize();
            if (!Files.isSymbolicLink(next) || links == MAX_LINKS) {
                reached = next;
                continue;
            }
            links++;
            Path target = readLink(next);
            reached = target.isAbsolute() ? target.getRoot() : reached;
            for (int i = target.getNameCount() - 1; i >= 0; i--) {
                ahead.push(target.getName(i));
            }
        }
        return reached;
    }

    private static Path readLink(Path link) {
        try {
            return Files.readSymbolicLink(link);
        } catch (IOException e) {
            throw Failure.io("cannot read", link, e);
        }
    }
}
