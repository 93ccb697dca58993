package dev.sqlitebackup.cli;

import dev.sqlitebackup.Deadline;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.files.DurableFiles;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.files.RegularFiles;
import dev.sqlitebackup.files.Workspace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file for node_exporter's textfile collector, in Prometheus' text format. Many runs may share one: each replaces its
 * own series, one after the other, and leaves those of the others.
 *
 * <pre>
 *   # HELP sqlite_backup_last_exit_code The exit code of the last such run.
 *   # TYPE sqlite_backup_last_exit_code gauge
 *   sqlite_backup_last_exit_code{database="app.db",destination="/mnt/nas/backups/",command="backup"} 0
 * </pre>
 *
 * @param path absolute, and no link
 */
record MetricsFile(Path path) {
    private static final Pattern COMMENT = Pattern.compile("# (HELP|TYPE) " + Metric.PREFIX + "[a-z_]+ .*");
    private static final Pattern SAMPLE =
            Pattern.compile("(" + Metric.PREFIX + "[a-z_]+\\{.*\\}) ([0-9.]+)", Pattern.DOTALL);
    /** A thousand databases take less; what is larger is somebody else's. */
    private static final int MOST_BYTES = 16 << 20;

    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final long POLL_MILLIS = 10;

    /** @throws Failure USAGE if another file has the name */
    static MetricsFile of(Path given) {
        Path absolute = given.toAbsolutePath().normalize();
        try {
            if (Files.isSymbolicLink(absolute)) { // Whoever owns the collector's directory can let it lead anywhere.
                throw new Failure(
                        Failure.Kind.USAGE,
                        "the metrics file is a link, which is not followed: " + absolute,
                        "name the file itself");
            }
            if (Files.exists(absolute) && !Files.isRegularFile(absolute)) {
                throw new Failure(
                        Failure.Kind.USAGE,
                        "the metrics file is not a regular file: " + absolute,
                        "name a file, such as sqlite-backup.prom in the directory that the collector reads");
            }
            MetricsFile file = new MetricsFile(absolute);
            if (file.read().isEmpty()
                    && Files.exists(absolute)
                    && !absolute.toString().endsWith(".prom")) {
                throw file.foreign(); // Whatever it is meant for.
            }
            return file;
        } catch (IOException e) {
            throw Failure.io("cannot read the metrics file", absolute, e);
        }
    }

    /** A series, by the name of its metric and its labels, in the order in which they are given. */
    static String series(Metric metric, Map<String, String> labels) {
        StringBuilder series = new StringBuilder(metric.fullName()).append('{');
        labels.forEach((label, value) -> series.append(series.charAt(series.length() - 1) == '{' ? "" : ",")
                .append(label)
                .append("=\"")
                .append(value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"))
                .append('"'));
        return series.append('}').toString();
    }

    /**
     * Replaces these series, and keeps the others.
     *
     * @param values by {@link #series}
     * @throws Failure USAGE if the file is somebody else's by now; BUSY if others write it for too long; FAILURE if it
     *     cannot be written
     */
    void put(Map<String, String> values) {
        // Not the file itself, which is replaced. Beside it, under a name that no collector reads.
        Path lockFile = path.resolveSibling("." + path.getFileName() + ".lock");
        try (FileChannel lock = PrivateFiles.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            lock(lock);
            SortedMap<String, String> all = read();
            all.putAll(values);
            write(render(all));
        } catch (IOException e) {
            throw Failure.io("cannot write the metrics file", path, e);
        }
    }

    private void lock(FileChannel channel) throws IOException {
        Deadline deadline = Deadline.after(TIMEOUT);
        while (!tryLock(channel)) {
            if (deadline.hasPassed()) {
                throw new Failure(Failure.Kind.BUSY, "another run holds the lock of the metrics file " + path);
            }
            Interruption.pause(POLL_MILLIS);
        }
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // Another thread of this process.
        }
    }

    /** @return the values by series; none if there is no file */
    private SortedMap<String, String> read() throws IOException {
        SortedMap<String, String> values = new TreeMap<>();
        byte[] content;
        try (FileChannel channel = RegularFiles.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
                InputStream in = Channels.newInputStream(channel)) {
            content = in.readNBytes(MOST_BYTES + 1);
        } catch (NoSuchFileException e) {
            return values;
        }
        if (content.length > MOST_BYTES) {
            throw new Failure(Failure.Kind.FAILURE, "the metrics file has become too long: " + path);
        }
        for (String line : new String(content, StandardCharsets.UTF_8).split("\n")) {
            Matcher sample = SAMPLE.matcher(line);
            if (sample.matches()) {
                values.put(sample.group(1), sample.group(2));
            } else if (!line.isEmpty() && !COMMENT.matcher(line).matches()) {
                throw foreign();
            }
        }
        return values;
    }

    private Failure foreign() {
        return new Failure(
                Failure.Kind.USAGE,
                "this file is there already, and holds no metrics of this program, so it was left as it is: " + path,
                "name another file, or move that one away");
    }

    /** What a newer version wrote besides is left out. */
    private static String render(SortedMap<String, String> values) {
        StringBuilder text = new StringBuilder();
        for (Metric metric : Metric.values()) {
            SortedMap<String, String> ofMetric = values.subMap(metric.fullName() + "{", metric.fullName() + "|");
            if (!ofMetric.isEmpty()) {
                text.append("# HELP " + metric.fullName() + " " + metric.help() + "\n");
                text.append("# TYPE " + metric.fullName() + " gauge\n");
                ofMetric.forEach((series, value) -> text.append(series + " " + value + "\n"));
            }
        }
        return text.toString();
    }

    /** As a whole, and readable for the collector, which runs as another user. */
    private void write(String text) throws IOException {
        try (Workspace workspace = Workspace.create(path.getParent())) {
            Path written = workspace.createFile("metrics");
            Files.write(written, text.getBytes(StandardCharsets.UTF_8));
            if (PrivateFiles.isPosix()) {
                Files.setPosixFilePermissions(written, PosixFilePermissions.fromString("rw-r--r--"));
            }
            DurableFiles.replace(written, path);
        }
    }
}
