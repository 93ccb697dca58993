package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class VerificationTest {
    @Test
    void isFullUntilSomethingCouldNotBeProvenAndKeepsWhatWasSaid() {
        Verification full = new Verification(true, List.of("a"));
        assertEquals("full", full.word());
        assertEquals(new Verification(true, List.of("a", "b")), full.withWarning("b"));
        assertEquals(new Verification(false, List.of("a", "b")), full.partial("b"));
        assertEquals("partial", full.partial("b").word());
    }
}
