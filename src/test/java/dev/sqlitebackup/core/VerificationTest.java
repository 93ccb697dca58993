package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
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

    @Test
    void keepsWhatWasLeftOutThroughEverythingThatIsSaidLaterAndSaysItOnceAsNews() {
        Verification partial = new Verification(false, Set.of("order"), false, List.of("a"));
        String said = "not checked in full, because only the application can: order";
        for (Verification later :
                List.of(partial.withWarning("b"), partial.withWarnings(List.of("b")), partial.partial("b"))) {
            assertEquals(Set.of("order"), later.leftOut());
            assertEquals(List.of(said, "a", "b"), later.warnings());
            assertEquals(List.of(said, "a", "b"), later.after(null).news());
            assertEquals(
                    List.of(said, "a", "b"), later.after(List.of("another")).news());
            assertEquals(List.of("a", "b"), later.after(List.of("order")).news());
            assertEquals(List.of(said), later.after(List.of("order")).known());
            assertEquals(List.of(said, "a", "b"), later.after(List.of("order")).warnings(), "JSON always has them");
        }
    }
}
