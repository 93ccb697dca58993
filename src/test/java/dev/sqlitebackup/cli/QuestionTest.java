package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuestionTest {
    /** What is typed only once the question is there. */
    private static InputStream typing(String text) {
        return new FilterInputStream(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8))) {
            @Override
            public int available() {
                return 0;
            }
        };
    }

    private static StandardStreams streams(InputStream in, boolean inIsTerminal) {
        ByteArrayOutputStream nowhere = new ByteArrayOutputStream();
        return new StandardStreams(
                in, Channels.newChannel(nowhere), new PrintStream(nowhere), inIsTerminal, false, true);
    }

    @ParameterizedTest
    @CsvSource({"y, true", "YES, true", "'  yes ', true", "n, false", "'', false", "yes please, false", "yy, false"})
    void onlyYesIsAYes(String answer, boolean expected) {
        StringWriter shown = new StringWriter();
        Question question = new Question(streams(typing(answer + "\n"), true));
        assertEquals(expected, question.isAnsweredYes("Restore?", new PrintWriter(shown)));
        assertEquals("Restore? [y/N] ", shown.toString());
    }

    @Test
    void theEndOfInputIsANoAndEndsTheLine() {
        StringWriter shown = new StringWriter();
        Question question = new Question(streams(typing(""), true));
        assertEquals(false, question.isAnsweredYes("Restore?", new PrintWriter(shown)));
        assertEquals("Restore? [y/N] " + System.lineSeparator(), shown.toString());
    }

    @Test
    void whatWasTypedBeforeIsNoAnswer() {
        Question question =
                new Question(streams(new ByteArrayInputStream("yes\n".getBytes(StandardCharsets.UTF_8)), true));
        assertEquals(false, question.isAnsweredYes("Restore?", new PrintWriter(new StringWriter())));
    }

    @Test
    void isPutOnlyToATerminalAndOnStandardErrorWhereThatIsOne() {
        assertEquals(true, new Question(streams(typing(""), true)).canBeAsked());
        assertEquals(false, new Question(streams(typing(""), false)).canBeAsked());
        PrintWriter err = new PrintWriter(new StringWriter());
        assertSame(err, new Question(streams(typing(""), true)).terminal(err));
    }
}
