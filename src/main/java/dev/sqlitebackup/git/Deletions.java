package dev.sqlitebackup.git;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.DurableFiles;
import dev.sqlitebackup.files.RegularFiles;
import dev.sqlitebackup.files.Workspace;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What runs have deleted, and Git does not know yet, by names that end with a NUL each: a run that could not commit
 * leaves it to the next one. That a file is missing says nothing alone: it may have been lost, and then Git has the
 * last copy.
 */
final class Deletions {
    private final Path note;

    Deletions(WorkTree tree) {
        this.note = tree.top()
                .resolve(tree.git()
                        .run(null, "rev-parse", "--git-path", "sqlite-backup-deleted")
                        .ok("find its directory")
                        .text()
                        .strip());
    }

    /** Adds some, and returns all that are still gone. */
    Set<String> with(Collection<String> names, WorkTree tree) {
        Set<String> all = new LinkedHashSet<>(noted());
        int before = all.size();
        all.addAll(names);
        if (all.size() > before) {
            write(all);
        }
        all.removeIf(name -> Files.exists(tree.top().resolve(name)));
        return all;
    }

    private List<String> noted() {
        try (FileChannel file = RegularFiles.open(note, StandardOpenOption.READ)) {
            String text = new String(Channels.newInputStream(file).readAllBytes(), StandardCharsets.UTF_8);
            return text.isEmpty() ? List.of() : List.of(text.split("\0"));
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw Failure.io("cannot read", note, e);
        }
    }

    private void write(Set<String> names) {
        try (Workspace workspace = Workspace.create(note.getParent())) {
            Path written = workspace.createFile("deleted");
            Files.writeString(written, String.join("\0", names) + (names.isEmpty() ? "" : "\0"));
            DurableFiles.replace(written, note);
        } catch (IOException e) {
            throw Failure.io("cannot write", note, e);
        }
    }

    /** Git knows these; what another place has deleted is still to be said. */
    void forget(Collection<String> names) {
        Set<String> left = new LinkedHashSet<>(noted());
        if (left.removeAll(names)) {
            write(left);
        }
    }
}
