package dev.sqlitebackup.cli;

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
            return System.console() != null;
        }
    }
}
