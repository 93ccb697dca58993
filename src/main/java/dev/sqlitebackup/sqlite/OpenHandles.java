package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Who has a file open, as far as Linux shows it: by the descriptors of the processes that we may look into, and by
 * {@code /proc/locks}, which names lock holders of other users too. Absence proves nothing (other containers, other
 * systems), so this only ever serves to refuse and to name, never to allow.
 */
public final class OpenHandles {
    private static final Path PROC = Path.of("/proc");
    private static final long ANY = -1;
    /** Of lines such as {@code 1: POSIX ADVISORY WRITE 4242 08:02:1310737 1073741826 1073742335}: process, file with its device in hexadecimal, first and last byte. */
    private static final Pattern LOCK = Pattern.compile("(\\d+) (\\S+:\\d+) (\\d+) (\\d+|EOF)$");

    /** @param command the program's name as the kernel keeps it, "?" where it is hidden */
    public record Holder(long pid, String command) {
        @Override
        public String toString() {
            return "pid " + pid + " (" + command + ")";
        }
    }

    private OpenHandles() { }

    /** Other processes that have {@code file} open, by process number; empty where there is no /proc. */
    public static List<Holder> find(Path file) {
        List<Holder> holders = new ArrayList<>();
        if (!Files.isDirectory(PROC.resolve("self/fd"))) {
            return holders;
        }
        try {
            Object fileKey = Files.getAttribute(file, "basic:fileKey");
            List<Long> lockers = lockHolders(file, ANY);
            long self = ProcessHandle.current().pid();
            try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
                for (Path process : processes) {
                    long pid = Long.parseLong(process.getFileName().toString());
                    if (pid != self && (lockers.contains(pid) || hasOpen(process, fileKey))) {
                        holders.add(new Holder(pid, command(process)));
                    }
                }
            }
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            // What cannot be seen is not seen; SQLite's own locks are asked as well.
        }
        holders.sort((a, b) -> Long.compare(a.pid, b.pid));
        return holders;
    }

    /** What to say of a database that somebody else uses, with everybody who can be named. */
    public static Failure inUse(Path file, String hint) {
        List<Holder> holders = find(file);
        String names = holders.stream().map(Holder::toString).collect(Collectors.joining(", "));
        return new Failure(Failure.Kind.IN_USE, "another process has the database open: " + file + (names.isEmpty() ? "" : ": " + names), hint);
    }

    /** Compares by device and inode, without opening anything: to close a descriptor of a live database drops our locks. */
    private static boolean hasOpen(Path process, Object fileKey) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                if (fileKey.equals(fileKeyOrNull(descriptor))) {
                    return true;
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            // The process has ended, or belongs to somebody else.
        }
        return false;
    }

    private static Object fileKeyOrNull(Path descriptor) {
        try {
            return Files.getAttribute(descriptor, "basic:fileKey");
        } catch (IOException e) {
            return null;    // Closed in the meantime, or no file: a pipe, a socket.
        }
    }

    /**
     * Other processes, also of other users, that hold a lock on a byte of a file; as far as /proc shows them.
     *
     * @param position of the byte; {@link #ANY} for any
     */
    static List<Long> lockHolders(Path file, long position) throws IOException {
        List<Long> holders = new ArrayList<>();
        Path locks = PROC.resolve("locks");
        if (!Files.isReadable(locks)) {
            return holders;
        }
        long device = (long) Files.getAttribute(file, "unix:dev");
        String name = String.format("%02x:%02x:%d", major(device), minor(device), (long) Files.getAttribute(file, "unix:ino"));
        for (String line : Files.readAllLines(locks, StandardCharsets.ISO_8859_1)) {
            Matcher lock = LOCK.matcher(line);
            if (lock.find() && lock.group(2).equals(name) && (position == ANY || covers(lock, position))) {
                holders.add(Long.parseLong(lock.group(1)));
            }
        }
        holders.removeIf(pid -> pid == ProcessHandle.current().pid());
        return holders;
    }

    private static boolean covers(Matcher lock, long position) {
        return Long.parseLong(lock.group(3)) <= position && (lock.group(4).equals("EOF") || Long.parseLong(lock.group(4)) >= position);
    }

    /** As glibc's gnu_dev_major and gnu_dev_minor take a device number apart. */
    private static long major(long device) {
        return device >>> 8 & 0xfff | device >>> 32 & ~0xfffL;
    }

    private static long minor(long device) {
        return device & 0xff | device >>> 12 & ~0xffL & 0xffffffffL;
    }

    private static String command(Path process) {
        try {
            return Files.readString(process.resolve("comm"), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "?";
        }
    }
}
