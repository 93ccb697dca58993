package dev.sqlitebackup.files;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where which file systems are mounted, as a process sees it: {@code /proc/PID/mountinfo} (proc_pid_mountinfo(5)).
 * Device numbers differ from boot to boot, and names of mount points do not.
 */
public final class Mounts {
    private static final Pattern ESCAPED = Pattern.compile("\\\\([0-7]{3})");

    /**
     * @param point where it is mounted
     * @param fileSystem its type and source, such as {@code nfs4 nas:/export}
     * @param device its number, which tells file systems apart until the next boot
     * @param root the directory of that file system that is seen at the mount point
     */
    public record Mount(Path point, String fileSystem, String device, Path root) {
        /** What a path that lies on this mount is called inside of its file system. */
        public Path inside(Path real) {
            return root.resolve(point.relativize(real)).normalize();
        }
    }

    /** The writable layer of an overlay, in its options. */
    private static final Pattern UPPER = Pattern.compile("(?:^|,)upperdir=(/[^,]*)");

    private final Map<String, Mount> byId = new HashMap<>();
    private final Map<String, String> parents = new HashMap<>();
    private final Map<Path, String> idsByPoint = new HashMap<>();
    private final Map<Path, Path> pointsByUpper = new HashMap<>();

    private Mounts() {}

    /** @return null where the system does not say */
    public static Mounts read() {
        return read(Path.of("/proc/self"));
    }

    /** Those that another process sees. No file system is asked, so none can hang. */
    public static Mounts read(Path process) {
        try {
            return parse(Files.readAllLines(process.resolve("mountinfo"), StandardCharsets.ISO_8859_1));
        } catch (IOException | RuntimeException e) {
            return null;
        }
    }

    static Mounts parse(List<String> lines) {
        Mounts mounts = new Mounts();
        for (String line : lines) {
            String[] fields = line.split(" ");
            int separator = List.of(fields).indexOf("-");
            Mount mount = new Mount(
                    Path.of(unescape(fields[4])),
                    fields[separator + 1] + " " + unescape(fields[separator + 2]),
                    fields[2],
                    Path.of(unescape(fields[3])));
            mounts.byId.put(fields[0], mount);
            mounts.parents.put(fields[0], fields[1]);
            mounts.idsByPoint.put(mount.point, fields[0]); // The last one hides those before it.
            Matcher upper = UPPER.matcher(fields[separator + 3]);
            if (fields[separator + 1].equals("overlay") && upper.find()) {
                mounts.pointsByUpper.put(Path.of(unescape(upper.group(1))), mount.point);
            }
        }
        return mounts;
    }

    /** Bytes of a file name, with what would end a field as three octal digits. */
    private static String unescape(String field) {
        String bytes = ESCAPED.matcher(field)
                .replaceAll(octal -> java.util.regex.Matcher.quoteReplacement(
                        String.valueOf((char) Integer.parseInt(octal.group(1), 8))));
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /** The mount of this number, as descriptors name it; null for one that the process does not see, or no more. */
    public Mount of(String id) {
        return byId.get(id);
    }

    /**
     * A file in the upper directory of an overlay, by the name that it has in the overlay, where its users see it.
     *
     * @return null if it is in none that is mounted here
     */
    public Path inOverlay(Path real) {
        for (Path upper = real.getParent(); upper != null; upper = upper.getParent()) {
            Path point = pointsByUpper.get(upper);
            if (point != null) {
                return point.resolve(upper.relativize(real));
            }
        }
        return null;
    }

    public boolean isMountPoint(Path point) {
        return idsByPoint.containsKey(point);
    }

    /**
     * The mount that a path lies on. One that only shows again what would be there without it, as the sandboxes of
     * service managers do, does not count.
     *
     * @param real absolute, without links
     */
    public Mount of(Path real) {
        String id = null;
        for (Path point = real; point != null && id == null; point = point.getParent()) {
            id = idsByPoint.get(point);
        }
        Mount mount = byId.get(id);
        while (mount != null) {
            String parentId = parents.get(id);
            Mount parent = byId.get(parentId);
            if (parent == null
                    || parentId.equals(id)
                    || !parent.device.equals(mount.device)
                    || !mount.point.startsWith(parent.point)
                    || !parent.inside(mount.point).equals(mount.root)) {
                return mount;
            }
            id = parentId;
            mount = parent;
        }
        return null;
    }
}
