package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ProgressDisplayTest {
    private static final int COLUMNS = 40;
    private static final int TIMES = 1000;
    /** Blanks over the bar, and the cursor before them. */
    private static final Pattern CLEAN = Pattern.compile("\\r {30,}\\r$");

    /** Most of these bars are closed before another thread has come to draw them for the first time. */
    @Test
    void whatIsSaidFindsACleanLineHoweverShortTheBarWasThere() {
        ByteArrayOutputStream terminal = new ByteArrayOutputStream();
        try (ProgressDisplay progress =
                new ProgressDisplay(new PrintStream(terminal, true, StandardCharsets.UTF_8), COLUMNS, RunPlan.VERIFY)) {
            progress.phase("verify", 1);
            for (int time = 0; time < TIMES; time++) {
                progress.aside(() -> {
                    String shown = terminal.toString(StandardCharsets.UTF_8);
                    assertTrue(CLEAN.matcher(shown).find(), shown);
                    terminal.reset();
                });
            }
        }
        String shown = terminal.toString(StandardCharsets.UTF_8);
        assertTrue(CLEAN.matcher(shown).find(), shown);
    }
}
