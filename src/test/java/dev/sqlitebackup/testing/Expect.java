package dev.sqlitebackup.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import org.junit.jupiter.api.function.Executable;

/** What has to be refused. */
public final class Expect {
    private Expect() {}

    /** @param words of its message. @return it, for its hint */
    public static Failure failure(Failure.Kind kind, String words, Executable action) {
        Failure failure = assertThrows(Failure.class, action);
        assertEquals(kind, failure.kind(), failure.getMessage());
        assertTrue(failure.getMessage().contains(words), failure.getMessage());
        return failure;
    }
}
