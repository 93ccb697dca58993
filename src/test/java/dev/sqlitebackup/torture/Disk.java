package dev.sqlitebackup.torture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a disk may hold when the power fails, as little as POSIX promises: the content of a file as far as the file was
 * forced, a name as far as its directory was. Of everything else each part may be there or not: names, and pieces of
 * content. File systems that keep an order (all that are common do) leave fewer states than this. The idea is that of
 * <a href="https://research.cs.wisc.edu/adsl/Publications/alice-osdi14.pdf">ALICE</a>.
 */
final class Disk {
    /** Content survives in pieces of this size. */
    private static final int PIECE_BYTES = 4096;

    /** What happens to that which was not forced. */
    enum Unforced {
        NAMES_AND_CONTENT_LOST(Fate.LOST, Fate.LOST),
        CONTENT_LOST(Fate.KEPT, Fate.LOST),
        NAMES_LOST(Fate.LOST, Fate.KEPT),
        NOTHING_LOST(Fate.KEPT, Fate.KEPT),
        CONTENT_LOST_IN_PIECES(Fate.KEPT, Fate.ANY),
        /** Names in their order, as in a journal: up to some moment all, from then on none. */
        LATEST_NAMES_LOST_AND_CONTENT_IN_PIECES(Fate.ANY, Fate.ANY);

        private final Fate names;
        private final Fate content;

        Unforced(Fate names, Fate content) {
            this.names = names;
            this.content = content;
        }
    }

    private enum Fate {
        LOST,
        KEPT,
        ANY
    }

    /** @param bytes null if the file got {@code offset} as its size */
    private record Change(long offset, byte[] bytes) {}

    private static final class Inode {
        private final byte[] before;
        private final List<Change> changes = new ArrayList<>();
        private int forcedChanges;

        Inode(byte[] before) {
            this.before = before;
        }
    }

    /** @param inode null for a directory */
    private record Naming(String call, String path, String otherPath, Inode inode, boolean[] forced) {}

    private final String root;
    /** Names at first; a directory has a null inode. */
    private final Map<String, Inode> names = new TreeMap<>();

    private final Map<String, Inode> volatileNames;
    private final Map<Long, Inode> inodes = new HashMap<>();
    private final List<Naming> namings = new ArrayList<>();

    /** What is in a directory now, all of it forced long ago. */
    private Disk(Path directory) throws IOException {
        root = directory.toString();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.toList()) {
                Inode inode =
                        Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS) ? null : new Inode(Files.readAllBytes(file));
                names.put(file.toString(), inode);
                if (inode != null) {
                    inodes.put((Long) Files.getAttribute(file, "unix:ino"), inode);
                }
            }
        }
        volatileNames = new TreeMap<>(names);
    }

    /**
     * A disk with what is in a directory before its files are changed, from which the same can be replayed again and
     * again.
     */
    interface Source {
        Disk after(List<Faults.Call> calls);
    }

    static Source of(Path directory) throws IOException {
        Disk now = new Disk(directory);
        return calls -> {
            Disk disk = new Disk(now);
            calls.forEach(disk::apply);
            return disk;
        };
    }

    private Disk(Disk from) {
        root = from.root;
        Map<Inode, Inode> copies = new HashMap<>();
        from.names.forEach((name, inode) ->
                names.put(name, inode == null ? null : copies.computeIfAbsent(inode, old -> new Inode(old.before))));
        from.inodes.forEach((number, inode) -> inodes.put(number, copies.get(inode)));
        volatileNames = new TreeMap<>(names);
    }

    private void apply(Faults.Call call) {
        switch (call.name()) {
            case "create" -> {
                if (call.offset() == 1) {
                    Inode made = new Inode(new byte[0]);
                    inodes.put(call.inode(), made);
                    naming(call, made);
                    volatileNames.put(call.path(), made);
                } else if (call.length() == 1) {
                    inodes.get(call.inode()).changes.add(new Change(0, null));
                }
            }
            case "mkdir" -> {
                naming(call, null);
                volatileNames.put(call.path(), null);
            }
            case "write" -> inodes.get(call.inode()).changes.add(new Change(call.offset(), call.bytes()));
            case "truncate" -> inodes.get(call.inode()).changes.add(new Change(call.offset(), null));
            case "unlink" -> {
                naming(call, null);
                volatileNames.remove(call.path());
            }
            case "link" -> {
                Inode inode = volatileNames.get(call.path());
                naming(call, inode);
                volatileNames.put(call.otherPath(), inode);
            }
            case "rename" -> {
                Inode inode = volatileNames.remove(call.path());
                naming(call, inode);
                volatileNames.put(call.otherPath(), inode);
            }
            case "sync" -> {
                if (volatileNames.containsKey(call.path()) && volatileNames.get(call.path()) == null) {
                    namings.stream()
                            .filter(naming -> parent(naming.otherPath == null ? naming.path : naming.otherPath)
                                    .equals(call.path()))
                            .forEach(naming -> naming.forced[0] = true);
                } else {
                    Inode inode = inodes.get(call.inode());
                    inode.forcedChanges = inode.changes.size();
                }
            }
            default -> throw new IllegalArgumentException(call.name());
        }
    }

    private void naming(Faults.Call call, Inode inode) {
        namings.add(new Naming(call.name(), call.path(), call.otherPath(), inode, new boolean[1]));
    }

    private static String parent(String path) {
        return path.substring(0, path.lastIndexOf('/'));
    }

    /** Makes the directory as it may be found afterwards. */
    void write(Path directory, Unforced unforced, Random random) throws IOException {
        int kept = unforced.names == Fate.LOST
                ? 0
                : unforced.names == Fate.KEPT ? namings.size() : random.nextInt(namings.size() + 1);
        Map<String, Inode> found = new TreeMap<>(names);
        for (int i = 0; i < namings.size(); i++) {
            Naming naming = namings.get(i);
            if (naming.forced[0] || i < kept) {
                rename(found, naming);
            }
        }
        for (Map.Entry<String, Inode> entry : found.entrySet()) { // A directory comes before what is in it.
            Path path = Path.of(directory + entry.getKey().substring(root.length()));
            if (entry.getValue() == null) {
                Files.createDirectories(path);
            } else {
                Files.write(path, content(entry.getValue(), unforced.content, random));
            }
        }
    }

    private static void rename(Map<String, Inode> found, Naming naming) {
        switch (naming.call) {
            case "unlink" -> {
                if (found.keySet().stream().noneMatch(name -> name.startsWith(naming.path + "/"))) {
                    found.remove(naming.path);
                }
            }
            case "create", "mkdir" -> put(found, naming.path, naming.inode);
            case "link" -> put(found, naming.otherPath, naming.inode);
            case "rename" -> {
                found.remove(naming.path);
                put(found, naming.otherPath, naming.inode);
            }
            default -> throw new IllegalArgumentException(naming.call);
        }
    }

    /** A name in a directory that is not there any more, or not yet, leads nowhere. */
    private static void put(Map<String, Inode> found, String path, Inode inode) {
        if (found.containsKey(parent(path))) {
            found.put(path, inode);
        }
    }

    private static byte[] content(Inode inode, Fate unforced, Random random) {
        byte[] bytes = inode.before;
        for (int i = 0; i < inode.changes.size(); i++) {
            Change change = inode.changes.get(i);
            boolean forced = i < inode.forcedChanges;
            if (!forced && unforced == Fate.LOST) {
                break;
            }
            boolean inPieces = !forced && unforced == Fate.ANY;
            if (change.bytes == null) {
                bytes = inPieces && random.nextBoolean() ? bytes : Arrays.copyOf(bytes, (int) change.offset);
                continue;
            }
            for (int from = 0; from < change.bytes.length; ) {
                long position = change.offset + from;
                int length = (int) Math.min(change.bytes.length - from, PIECE_BYTES - position % PIECE_BYTES);
                if (!inPieces || random.nextBoolean()) {
                    bytes = bytes.length < position + length
                            ? Arrays.copyOf(bytes, (int) position + length)
                            : bytes == inode.before ? bytes.clone() : bytes;
                    System.arraycopy(change.bytes, from, bytes, (int) position, length);
                }
                from += length;
            }
        }
        return bytes;
    }
}
