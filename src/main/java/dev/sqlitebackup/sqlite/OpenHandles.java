package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.Bounded;
import dev.sqlitebackup.files.Mounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
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
    /**
     * Of lines such as {@code 1: POSIX ADVISORY WRITE 4242 08:02:1310737 1073741826 1073742335}: process, file with its
     * device in hexadecimal, first and last byte.
     */
    private static final Pattern LOCK = Pattern.compile("(\\d+) (\\S+:\\d+) (\\d+) (\\d+|EOF)$");

    private static final String INODE = "ino:";
    private static final String MOUNT = "mnt_id:";
    private static final Object HUNG = new Object();
    private static final Object NO_FILE = new Object();

    /** @param command the program's name as the kernel keeps it, "?" where it is hidden */
    public record Holder(long pid, String command) {
        @Override
        public String toString() {
            return "pid " + pid + " (" + command + ")";
        }
    }

    /** @param unseen of whom it could not be told whether they have it open */
    public record Found(List<Holder> holders, List<Holder> unseen) {
        public static final Found NOBODY = new Found(List.of(), List.of());

        public String warning(Path file) {
            return "it could not be seen whether " + names(unseen)
                    + " has the database open, because a file system that it uses does not answer; make sure "
                    + "that it has not: "
                    + file;
        }
    }

    private static final Duration MOST_FOR_ONE = Duration.ofMillis(250);
    private static final int MOST_THAT_HANG = 4;

    private final Path file;
    private final Object fileKey;
    private final long inode;
    /** Null where it is not known. */
    private final String fileSystem;

    private int hung;

    private OpenHandles(Path file) throws IOException {
        this.file = file;
        this.fileKey = Files.getAttribute(file, "basic:fileKey");
        this.inode = (long) Files.getAttribute(file, "unix:ino");
        Mounts mounts = Mounts.read();
        Mounts.Mount mount = mounts == null ? null : mounts.of(file.toRealPath());
        this.fileSystem = mount == null ? null : mount.device();
    }

    /** Other processes that have {@code file} open, by process number; none where there is no /proc. */
    public static List<Holder> find(Path file) {
        return search(file).holders;
    }

    /** The same, and what could not be seen. */
    public static Found search(Path file) {
        Found found = new Found(new ArrayList<>(), new ArrayList<>());
        if (!Files.isDirectory(PROC.resolve("self/fd"))) {
            return found;
        }
        try {
            new OpenHandles(file).look(found);
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            // What cannot be seen is not seen; SQLite's own locks are asked as well.
        }
        found.holders.sort(Comparator.comparing(Holder::pid));
        return found;
    }

    private void look(Found found) throws IOException {
        List<Long> lockers = lockHolders(file, ANY);
        long self = ProcessHandle.current().pid();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                long pid = Long.parseLong(process.getFileName().toString());
                Boolean open = pid == self ? Boolean.FALSE : lockers.contains(pid) ? Boolean.TRUE : hasOpen(process);
                if (!Boolean.FALSE.equals(open)) {
                    (open == null ? found.unseen : found.holders).add(new Holder(pid, command(process)));
                }
            }
        }
    }

    /** What to say of a database that somebody else uses, with everybody who can be named. */
    public static Failure inUse(Path file, String hint) {
        String names = names(find(file));
        return new Failure(
                Failure.Kind.IN_USE,
                "another process has the database open: " + file + (names.isEmpty() ? "" : ": " + names),
                hint);
    }

    private static String names(List<Holder> holders) {
        return holders.stream().map(Holder::toString).collect(Collectors.joining(", "));
    }

    /**
     * Compares by device and inode, without opening anything: to close a descriptor of a live database drops our locks.
     * To ask a descriptor's file system would hang where that hangs, so what the kernel notes of the descriptor is read
     * first; asked is the database's own file system, and one that is not known.
     *
     * @return null if it cannot be told
     */
    private Boolean hasOpen(Path process) {
        Boolean unseen = false;
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                if (mayBeIt(process, process.resolve("fdinfo").resolve(descriptor.getFileName()))) {
                    Object key = fileKey(descriptor);
                    if (fileKey.equals(key)) {
                        return true;
                    }
                    unseen = key == HUNG ? null : unseen;
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            // The process has ended, or belongs to somebody else.
        }
        return unseen;
    }

    /**
     * Linux 5.14 and later note the inode's number, which is the one that {@code stat} gives, on overlayfs and btrfs
     * too.
     */
    private boolean mayBeIt(Path process, Path fdinfo) {
        try {
            String mount = null;
            for (String line : Files.readAllLines(fdinfo, StandardCharsets.ISO_8859_1)) {
                if (line.startsWith(INODE)
                        && Long.parseUnsignedLong(line.substring(INODE.length()).strip()) != inode) {
                    return false;
                }
                mount = line.startsWith(MOUNT) ? line.substring(MOUNT.length()).strip() : mount;
            }
            Mounts mounts = fileSystem == null || mount == null ? null : Mounts.read(process);
            return mounts == null
                    || mounts.of(mount) == null
                    || mounts.of(mount).device().equals(fileSystem);
        } catch (IOException | NumberFormatException e) {
            return true; // Closed in the meantime, which the next question says too.
        }
    }

    /** @return {@link #HUNG} if there was no answer in time, or there have been too many before that gave none */
    private Object fileKey(Path descriptor) {
        if (hung == MOST_THAT_HANG) {
            return HUNG;
        }
        try {
            return Bounded.call(
                    () -> Objects.requireNonNullElse(Files.getAttribute(descriptor, "basic:fileKey"), NO_FILE),
                    MOST_FOR_ONE,
                    late -> {});
        } catch (IOException e) {
            return NO_FILE; // Closed in the meantime, or no file: a pipe, a socket.
        } catch (TimeoutException e) {
            hung++;
            return HUNG;
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
        String name = String.format(
                "%02x:%02x:%d", major(device), minor(device), (long) Files.getAttribute(file, "unix:ino"));
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
        return Long.parseLong(lock.group(3)) <= position
                && (lock.group(4).equals("EOF") || Long.parseLong(lock.group(4)) >= position);
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
            return Files.readString(process.resolve("comm"), StandardCharsets.UTF_8)
                    .strip();
        } catch (IOException e) {
            return "?";
        }
    }
}
