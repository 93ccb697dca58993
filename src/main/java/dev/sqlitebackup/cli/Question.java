package dev.sqlitebackup.cli;

import dev.sqlitebackup.Interruption;
import java.io.BufferedReader;
import java.io.FileWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Asks whoever sits at the terminal. Anything but yes is a no. */
final class Question {
    private static final Set<String> YES = Set.of("y", "yes");

    private final StandardStreams streams;

    Question(StandardStreams streams) {
        this.streams = streams;
    }

    /** Whether somebody can answer. Where standard error goes elsewhere, the question is put to the terminal itself. */
    boolean canBeAsked() {
        return streams.inIsTerminal();
    }

    /** @param err standard error */
    PrintWriter terminal(PrintWriter err) {
        try {
            return streams.errIsTerminal()
                    ? err
                    : new PrintWriter(new FileWriter("/dev/tty", Charset.defaultCharset()), true);
        } catch (IOException e) {
            return err; // Whatever takes it may show it.
        }
    }

    /** @throws dev.sqlitebackup.Failure of kind INTERRUPTED if a signal comes instead of an answer */
    boolean isAnsweredYes(String question, PrintWriter err) {
        forgetWhatWasTyped();
        err.print(question + " [y/N] ");
        err.flush();
        CompletableFuture<String> answer = new CompletableFuture<>();
        // No signal ends a read from a terminal, so another thread is left with it.
        Thread reader = new Thread(() -> answer.complete(readLine()), "answer");
        reader.setDaemon(true);
        reader.start();
        String line;
        try (Interruption.Blocking stop = Interruption.onRequest(() -> answer.complete(null))) {
            line = answer.join();
        }
        if (line == null) {
            err.println();
            err.flush();
        }
        Interruption.check();
        return line != null && YES.contains(line.strip().toLowerCase(Locale.ROOT));
    }

    /** An answer is one to this question. */
    private void forgetWhatWasTyped() {
        try {
            streams.in().readNBytes(streams.in().available()); // To skip would be to seek, which no terminal can.
        } catch (IOException e) {
            // The terminal is gone, which the next read says.
        }
    }

    private String readLine() {
        try {
            return new BufferedReader(new InputStreamReader(streams.in(), Charset.defaultCharset())).readLine();
        } catch (IOException e) {
            return null; // The terminal is gone.
        }
    }
}
