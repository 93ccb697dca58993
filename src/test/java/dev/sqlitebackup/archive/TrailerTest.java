package dev.sqlitebackup.archive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class TrailerTest {
    private static final String SHA256 = "0123456789abcdef".repeat(4);

    private static Trailer trailer(long createdAt, long databaseBytes, int pageSizeBytes) {
        return new Trailer(Instant.ofEpochSecond(createdAt), databaseBytes, pageSizeBytes, SHA256);
    }

    @Test
    void isReadAsItWasWritten() {
        for (Trailer trailer :
                new Trailer[] {trailer(1, 1, 1), trailer(0, Long.MAX_VALUE, 65536), trailer(1L << 39, 343_000_000, 4096)
                }) {
            assertEquals(trailer, Trailer.parse(trailer.tail()));
        }
    }

    /** Only such a trailer can be told from a good one, because its checksum is right. */
    @Test
    void isNoneIfItSpeaksOfADatabaseThatCannotBe() {
        assertNull(Trailer.parse(trailer(1, 0, 4096).tail()));
        assertNull(Trailer.parse(trailer(1, -1, 4096).tail()));
        assertNull(Trailer.parse(trailer(1, 4096, 0).tail()));
        assertNull(Trailer.parse(trailer(1, 4096, -4096).tail()));
        assertNull(Trailer.parse(trailer(-1, 4096, 4096).tail()));
        assertNull(Trailer.parse(trailer(1L << 40, 4096, 4096).tail()));
    }

    /** Of the 22 bytes that never change, two may have changed. */
    @Test
    void isKnownAsDamagedByWhatNeverChanges() {
        byte[] tail = trailer(5, 4096, 4096).tail();
        assertTrue(Trailer.isDamaged(tail));
        tail[3] ^= 1;
        tail[21] ^= 1;
        assertTrue(Trailer.isDamaged(tail));
        tail[0] ^= 1;
        assertFalse(Trailer.isDamaged(tail));
        assertFalse(Trailer.isDamaged(new byte[Trailer.TAIL_BYTES]));
    }
}
