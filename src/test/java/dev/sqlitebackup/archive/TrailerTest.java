package dev.sqlitebackup.archive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class TrailerTest {
    private static final String SHA256 = "0123456789abcdef".repeat(4);

    private static Manifest manifest(long createdAt, long databaseBytes, int pageSizeBytes) {
        return new Manifest(Instant.ofEpochSecond(createdAt), databaseBytes, pageSizeBytes, SHA256);
    }

    @Test
    void isReadAsItWasWritten() {
        for (Manifest manifest : new Manifest[] {
            manifest(1, 1, 1), manifest(0, Long.MAX_VALUE, 65536), manifest(1L << 39, 343_000_000, 4096)
        }) {
            assertEquals(manifest, Trailer.parse(Trailer.tail(manifest)));
        }
    }

    /** Only such a trailer can be told from a good one, because its checksum is right. */
    @Test
    void isNoneIfItSpeaksOfADatabaseThatCannotBe() {
        assertNull(Trailer.parse(Trailer.tail(manifest(1, 0, 4096))));
        assertNull(Trailer.parse(Trailer.tail(manifest(1, -1, 4096))));
        assertNull(Trailer.parse(Trailer.tail(manifest(1, 4096, 0))));
        assertNull(Trailer.parse(Trailer.tail(manifest(1, 4096, -4096))));
        assertNull(Trailer.parse(Trailer.tail(manifest(-1, 4096, 4096))));
        assertNull(Trailer.parse(Trailer.tail(manifest(1L << 40, 4096, 4096))));
    }

    /** Of the 22 bytes that never change, two may have changed. */
    @Test
    void isKnownAsDamagedByWhatNeverChanges() {
        byte[] tail = Trailer.tail(manifest(5, 4096, 4096));
        assertTrue(Trailer.isDamaged(tail));
        tail[3] ^= 1;
        tail[21] ^= 1;
        assertTrue(Trailer.isDamaged(tail));
        tail[0] ^= 1;
        assertFalse(Trailer.isDamaged(tail));
        assertFalse(Trailer.isDamaged(new byte[Trailer.MOST_BYTES]));
    }
}
