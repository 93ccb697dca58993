package dev.sqlitebackup.cli;

import java.io.Console;
import java.io.FileDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a standard stream is connected to. Java 17 has no isatty. */
final class Terminals {
    private Terminals() {}

    /**
     * Linux shows what a descriptor is; elsewhere the console, which is there if all three are terminals, stands for
     * it.
     */
    static boolean isTerminal(FileDescriptor stream) {
        int number = stream == FileDescriptor.in ? 0 : stream == FileDescriptor.out ? 1 : 2;
        try {
            String device =
                    Files.readSymbolicLink(Path.of("/proc/self/fd/" + number)).toString();
            return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty") || device.equals("/dev/console");
        } catch (Exception e) {
            return console();
        }
    }

    @SuppressWarnings("SystemConsoleNull") // From Java 22 on it is there without a terminal too, and says so itself.
    private static boolean console() {
        Console console = System.console();
        try {
            return console != null
                    && (Runtime.version().feature() < 22
                            || (boolean) Console.class.getMethod("isTerminal").invoke(console));
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }
}
