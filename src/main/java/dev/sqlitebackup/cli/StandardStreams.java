package dev.sqlitebackup.cli;

import java.io.Console;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a process reads and writes, and which of it is a terminal. Results as text go another way, picocli's.
 *
 * @param out the descriptor itself: whatever else may print to {@code System.out} must not end up in a backup
 */
public record StandardStreams(
        InputStream in,
        WritableByteChannel out,
        PrintStream err,
        boolean inIsTerminal,
        boolean outIsTerminal,
        boolean errIsTerminal) {
    static final int USUAL_COLUMNS = 80;

    /** Those of this process. */
    public static StandardStreams ofProcess() {
        return new StandardStreams(
                System.in,
                new FileOutputStream(FileDescriptor.out).getChannel(),
                System.err,
                isTerminal(0),
                isTerminal(1),
                isTerminal(2));
    }

    /**
     * Java 17 has no isatty. Linux shows what a descriptor is; elsewhere the console, which is there if all three are
     * terminals, stands for it.
     */
    private static boolean isTerminal(int descriptor) {
        try {
            String device = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty") || device.equals("/dev/console");
        } catch (IOException | RuntimeException e) {
            return hasConsole();
        }
    }

    @SuppressWarnings("SystemConsoleNull") // From Java 22 on it is there without a terminal too, and says so itself.
    private static boolean hasConsole() {
        Console console = System.console();
        try {
            return console != null
                    && (Runtime.version().feature() < 22
                            || (boolean) Console.class.getMethod("isTerminal").invoke(console));
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    /** How wide the terminal is, in columns; {@link #USUAL_COLUMNS} where there is none, or none that says so. */
    static int terminalColumns() {
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(new File("/dev/tty"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            int columns = Integer.parseInt(new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
                    .trim()
                    .split(" ")[1]);
            // A terminal that does not say its size has 0 columns. The progress bar's library would then ask JLine,
            // which
            // takes the signals from us: Ctrl-C would end the process with everything temporary left.
            return columns == 0 ? USUAL_COLUMNS : columns;
        } catch (IOException | RuntimeException e) {
            return USUAL_COLUMNS;
        }
    }
}
