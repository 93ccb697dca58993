package dev.sqlitebackup.store;

import dev.sqlitebackup.Failure;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A store far away, of which the last backup sent of each family stays on this machine, with what it builds on: what
 * the next run compares with and builds upon, without a download. A file is used only while the store's still has the
 * same tag and size. A restore never uses it: what counts is what the store holds.
 */
public final class CachingStore implements Store {
    private final VersionedStore store;
    private final Families families;

    public CachingStore(VersionedStore store, Families families) {
        this.store = store;
        this.families = families;
    }

    private LastSent lastSent(String name) {
        return new LastSent(store.workingDirectory(), families.of(name));
    }

    @Override
    public Path local(String name) {
        LastSent lastSent = lastSent(name);
        List<LastSent.Sent> chain = lastSent.sent();
        for (int i = 0; i < chain.size(); i++) {
            LastSent.Sent sent = chain.get(i);
            VersionedStore.Version version = sent.name().equals(name) ? store.version(name) : null;
            if (version != null && lastSent.isStill(i, sent, version)) {
                return lastSent.file(i);
            }
        }
        return null;
    }

    @Override
    public boolean publishNew(Path file, String name, Collection<String> buildsOn) {
        VersionedStore.Version sent;
        try {
            sent = store.sendNew(file, name, buildsOn);
        } catch (Failure e) {
            // Without what it builds on, it is none: whoever made it has to keep a full one.
            throw e.kind() == Failure.Kind.INTERRUPTED || !buildsOn.isEmpty() ? e : keepUnpublished(file, name, e);
        }
        if (sent != null) {
            lastSent(name).keep(file, name, sent.tag(), buildsOn);
        }
        return sent != null;
    }

    @Override
    public void replace(Path file, String name) {
        VersionedStore.Version sent;
        try {
            sent = store.send(file, name);
        } catch (Failure e) {
            throw e.kind() == Failure.Kind.INTERRUPTED ? e : keepUnpublished(file, name, e);
        }
        lastSent(name).keep(file, name, sent.tag(), List.of());
    }

    @Override
    public Failure keepUnpublished(Path file, String name, Failure why) {
        try {
            return why.withHint((why.hint() == null ? "" : why.hint() + "; ") + "the new backup is safe here: "
                    + lastSent(name).keepUnsent(file));
        } catch (Failure e) {
            why.addSuppressed(e); // What went wrong first counts.
            return why;
        }
    }

    @Override
    public String location(String name) {
        return store.location(name);
    }

    @Override
    public String place() {
        return store.place();
    }

    @Override
    public void requirePlace() {
        store.requirePlace();
    }

    @Override
    public void create() {
        store.create();
    }

    @Override
    public boolean isRemote() {
        return store.isRemote();
    }

    @Override
    public List<StoredFile> list(Predicate<String> wanted) {
        return store.list(wanted);
    }

    @Override
    public StoredFile find(String name) {
        return store.find(name);
    }

    @Override
    public byte[] readTail(String name, int maxBytes) {
        return store.readTail(name, maxBytes);
    }

    @Override
    public byte[] readStart(String name, int maxBytes) {
        return store.readStart(name, maxBytes);
    }

    @Override
    public Path fetch(String name, Path directory) {
        return store.fetch(name, directory);
    }

    @Override
    public Map<String, String> delete(Collection<String> names) {
        return store.delete(names);
    }

    @Override
    public Map<String, String> locked(Collection<String> names) {
        return store.locked(names);
    }

    @Override
    public Instant lockedUntil() {
        return store.lockedUntil();
    }

    @Override
    public Failure shortfall() {
        return store.shortfall();
    }

    @Override
    public void show(String name, byte[] content) {
        store.show(name, content);
    }

    @Override
    public List<String> warnings() {
        return store.warnings();
    }

    @Override
    public Path workingDirectory() {
        return store.workingDirectory();
    }
}
