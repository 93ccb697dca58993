package dev.sqlitebackup.store;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last backup of one database that was sent to a store far away, with what that builds on: what incremental work
 * compares with, builds upon and takes blocks from, without a download. It is a cache: whatever is wrong with it costs
 * time, never correctness. Beside it lies what the server said of the objects.
 */
final class LastSent {
    private static final Logger LOG = LoggerFactory.getLogger(LastSent.class);
    private static final Gson GSON = new Gson();

    /** @param name of the stored file that has the same content */
    record Sent(String name, String tag, long sizeBytes) {}

    private final Path directory;
    private final String family;
    private final Path note;
    private final Path unsent;

    /** @param family of the names that it is for */
    LastSent(Path directory, String family) {
        this.directory = directory;
        this.family = SmallFiles.shortName(family);
        this.note = directory.resolve(this.family + ".last.json");
        this.unsent = directory.resolve(this.family + ".unsent.gz");
    }

    /** The file here of a place in {@link #sent}. */
    Path file(int index) {
        return directory.resolve(family + ".last" + (index == 0 ? "" : "-" + index) + ".gz");
    }

    /** Whether the file here is what was sent as this object, if that still has the tag and size that it had then. */
    boolean isStill(int index, Sent sent, VersionedStore.Version version) {
        try {
            return !sent.tag.isEmpty()
                    && sent.tag.equals(version.tag())
                    && sent.sizeBytes == version.sizeBytes()
                    && Files.size(file(index)) == version.sizeBytes();
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * What the server said of the files here: of the last one at the end, of what it builds on before it.
     *
     * @return nothing where nobody noted it
     */
    List<Sent> sent() {
        try {
            JsonElement noted = JsonParser.parseString(SmallFiles.read(note));
            // Notes of version 1 are of one file, which builds on nothing.
            List<Sent> all = noted.isJsonArray()
                    ? Arrays.asList(GSON.fromJson(noted, Sent[].class))
                    : Arrays.asList(GSON.fromJson(noted, Sent.class));
            return all.stream().allMatch(sent -> sent != null && sent.name != null && sent.tag != null)
                    ? all
                    : List.of();
        } catch (IOException | JsonParseException e) {
            return List.of();
        }
    }

    /**
     * Takes over a file that was sent. The note goes before an old file does, and comes after the new one has. If it
     * cannot be kept, the next run has none to compare with.
     *
     * @param buildsOn the names of what it builds on, in order: a beginning of what is here
     */
    void keep(Path sentFile, String name, String tag, Collection<String> buildsOn) {
        try {
            List<Sent> chain = new ArrayList<>(sent());
            Files.deleteIfExists(note);
            long sizeBytes = Files.size(sentFile);
            int index = buildsOn.size();
            DurableFiles.replace(sentFile, file(index));
            for (int later = index + 1; Files.deleteIfExists(file(later)); later++) {}
            chain.subList(Math.min(index, chain.size()), chain.size()).clear();
            if (chain.stream().map(Sent::name).toList().equals(List.copyOf(buildsOn))) {
                chain.add(new Sent(name, tag, sizeBytes));
                SmallFiles.write(note, GSON.toJson(chain));
            }
            Files.deleteIfExists(unsent);
        } catch (IOException | Failure e) {
            LOG.warn("cannot keep what was sent for the next run: {}", e.getMessage());
        }
    }

    /** Keeps a backup that could not be sent, which may be the only one of its day. @return where */
    Path keepUnsent(Path notSent) {
        DurableFiles.replace(notSent, unsent);
        return unsent;
    }
}
