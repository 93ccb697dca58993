package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.DurableFiles;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.files.Workspace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Where a page goes: a new file, or one of ours. It is read back before it gets its name, and is for its owner alone,
 * since it says where databases lie and what their tables are called.
 *
 * @param path absolute
 */
record ReportFile(Path path) {
    private static final String SUFFIX = ".html";
    private static final byte[] BEGINNING = ReportPage.BEGINNING.getBytes(StandardCharsets.UTF_8);

    /** @throws Failure USAGE if no page may be written there */
    static ReportFile of(Path given) {
        ReportFile file = new ReportFile(given.toAbsolutePath().normalize());
        if (Files.isDirectory(file.path)) {
            throw refused(
                    "this is a directory, and a report is one file: " + file.path, file.path.resolve("report.html"));
        }
        if (!file.path.getFileName().toString().endsWith(SUFFIX)) {
            throw refused("the file of a report has to end in " + SUFFIX + ": " + file.path, file.path + SUFFIX);
        }
        file.refuseForeign();
        return file;
    }

    private static Failure refused(String message, Object instead) {
        return new Failure(Failure.Kind.USAGE, message, "name another file, such as --to=" + instead);
    }

    private boolean exists() {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    private void refuseForeign() {
        if (exists() && !isOurs()) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "this file is there already, and is no report of this program, so it was left as it is: " + path,
                    "name another file, or move that one away");
        }
    }

    /** A link is none, wherever it leads. */
    private boolean isOurs() {
        if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try (FileChannel channel = PrivateFiles.open(path, StandardOpenOption.READ);
                InputStream in = Channels.newInputStream(channel)) {
            return Arrays.equals(in.readNBytes(BEGINNING.length), BEGINNING);
        } catch (IOException e) {
            throw Failure.io("cannot read", path, e);
        }
    }

    /**
     * Replaces the page that is there, or makes a new one.
     *
     * @throws Failure USAGE if another file has the name by now
     */
    void write(String page) {
        DurableFiles.createDirectories(path.getParent());
        try (Workspace workspace = Workspace.create(path.getParent())) {
            Path written = workspace.createFile("report" + SUFFIX);
            byte[] bytes = page.getBytes(StandardCharsets.UTF_8);
            try (FileChannel channel = workspace.open(written, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                for (ByteBuffer left = ByteBuffer.wrap(bytes); left.hasRemaining(); ) {
                    channel.write(left);
                }
                channel.force(true);
                channel.position(0);
                if (!Arrays.equals(Channels.newInputStream(channel).readAllBytes(), bytes)) {
                    throw new Failure(
                            Failure.Kind.FAILURE,
                            "the report does not read back as it was written, in " + path.getParent(),
                            "see whether the system's log says that a disk is failing");
                }
            }
            refuseForeign();
            if (exists()) {
                DurableFiles.replace(written, path);
            } else if (!DurableFiles.publishNew(written, path)) {
                refuseForeign(); // Somebody was quicker, with a page of ours perhaps.
                DurableFiles.replace(written, path);
            }
        } catch (IOException e) {
            throw Failure.io("cannot write the report", path, e);
        }
    }
}
