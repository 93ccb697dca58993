package dev.sqlitebackup.cli;

import dev.sqlitebackup.Interruption;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Asks whoever sits at the terminal. Anything but yes is a no. */
final class Question {
    private static final Set<String> YES = Set.of("y", "yes");

    private Question() { }

    /** Whether somebody can read the question and answer it. */
    static boolean canBeAsked() {
        return Terminals.isTerminal(FileDescriptor.in) && Terminals.isTerminal(FileDescriptor.err);
    }

    /** @throws dev.sqlitebackup.Failure of kind INTERRUPTED if a signal comes instead of an answer */
    static boolean isAnsweredYes(String question, PrintWriter err) {
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

    private static String readLine() {
        try {
            return new BufferedReader(new InputStreamReader(System.in)).readLine();
        } catch (IOException e) {
            return null;    // The terminal is gone.
        }
    }
}
