package dev.sqlitebackup.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.Descriptors;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalStoreTest extends StoreContract {
    @Override
    Store store() {
        return new LocalStore(directory);
    }

    @Test
    void seesRegularFilesOnly() throws IOException {
        Files.createDirectory(directory.resolve("b-directory"));
        Files.writeString(directory.resolve("target"), "secret");
        Files.createSymbolicLink(directory.resolve("b-link"), directory.resolve("target"));
        assertEquals(List.of(), store().list(name -> name.startsWith("b")));
        assertNull(store().find("b-link"));
        assertThrows(Failure.class, () -> store().readTail("b-link", 6));
    }

    @Test
    void aDirectoryThatDoesNotExistHoldsNothing() {
        Store missing = new LocalStore(directory.resolve("missing"));
        assertEquals(List.of(), missing.list(name -> true));
        assertNull(missing.find("b1"));
    }

    @Test
    void namesFilesByTheirPath() {
        assertEquals(Path.of("/d/b 1.gz").toString(), new LocalStore(Path.of("/d")).location("b 1.gz"));
    }

    @Test
    void isAPlaceThatHasToBeMadeAndCostsNextToNothingToLookInto() throws IOException {
        Path deep = directory.resolve("a/b");
        Store store = new LocalStore(deep);
        Failure missing = assertThrows(Failure.class, store::requirePlace);
        assertEquals(Failure.Kind.NOT_FOUND, missing.kind());
        assertTrue(missing.getMessage().contains(deep.toString()), missing.getMessage());
        store.create();
        store.requirePlace();
        assertFalse(store.isRemote());
        assertEquals(deep.toString(), store.place());
        assertEquals(deep.resolve("b1"), store.local("b1"));
        Path file = Files.createFile(deep.resolve("file"));
        Failure failure = assertThrows(Failure.class, () -> new LocalStore(file).list(name -> true));
        assertTrue(failure.getMessage().startsWith("cannot read the directory " + file), failure.getMessage());
    }

    /** Such a name is what stands for one that this locale cannot express. */
    @Test
    void seesNoNameThatHoldsTheReplacementCharacter() {
        Tools.sh("touch \"$1\"/$'\\xef\\xbf\\xbdb' \"$1\"/$'b\\xef\\xbf\\xbd' \"$1\"/$'\\xffb'", directory)
                .ok();
        assertEquals(List.of(), store().list(name -> true));
    }

    @Test
    void keepsNothingOpen() throws IOException {
        Path file = Files.writeString(directory.resolve("new"), "content");
        store().publishNew(file, "b1");
        store().readStart("b1", 3);
        assertEquals(List.of(0, 0), List.of(Descriptors.of(file), Descriptors.of(directory.resolve("b1"))));
    }

    /** Where inodes say nothing, the content does. */
    @Test
    void provesAPublishedNameByInodeOrElseByContent() throws IOException {
        Path file = Files.writeString(directory.resolve("new"), "content");
        try (LocalStore.Proof proof = LocalStore.Proof.of(file)) {
            Path published = Files.move(file, directory.resolve("b1"));
            proof.check(published);
            proof.check(Files.copy(published, directory.resolve("b2")));
            Path other = Files.writeString(directory.resolve("b3"), "CONTENT");
            Failure failure = assertThrows(Failure.class, () -> proof.check(other));
            assertEquals(Failure.Kind.CORRUPT, failure.kind());
            assertEquals("what was read back from " + other + " is not what was written", failure.getMessage());
            Failure gone = assertThrows(Failure.class, () -> proof.check(directory.resolve("gone")));
            assertEquals(
                    "cannot read back " + directory.resolve("gone") + ": no such file or directory", gone.getMessage());
        }
    }

    /**
     * Somebody else gives the name to another file in the moment between publishing and looking: tried until that
     * happens.
     */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void saysNoSuccessForANameThatHasBecomeAnothers(boolean onlyIfNew) throws Exception {
        Path published = directory.resolve("b1");
        AtomicBoolean found = new AtomicBoolean();
        Thread other = new Thread(() -> {
            while (!found.get()) {
                try {
                    Path theirs = Files.writeString(directory.resolve("theirs"), "another file");
                    while (!found.get() && !Files.exists(published)) {
                        Thread.onSpinWait();
                    }
                    Files.move(theirs, published, StandardCopyOption.ATOMIC_MOVE);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
        other.start();
        try {
            for (int tries = 0; !found.get(); tries++) {
                assertTrue(tries < 10_000, "never noticed");
                Path mine = Files.writeString(directory.resolve("mine"), "content");
                try {
                    if (onlyIfNew) {
                        Files.deleteIfExists(published);
                        store().publishNew(mine, "b1");
                        Files.deleteIfExists(mine);
                    } else {
                        store().replace(mine, "b1");
                    }
                } catch (Failure e) {
                    assertEquals(Failure.Kind.CORRUPT, e.kind(), e.getMessage());
                    found.set(true);
                }
            }
        } finally {
            found.set(true);
            other.join();
        }
    }
}
