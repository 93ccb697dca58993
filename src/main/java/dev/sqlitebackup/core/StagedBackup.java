package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.files.Digests;
import dev.sqlitebackup.files.RegularFiles;
import dev.sqlitebackup.files.Space;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.FileKind;
import dev.sqlitebackup.history.OtherBackups;
import dev.sqlitebackup.history.PipedBackup;
import dev.sqlitebackup.history.Selection;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.DatabaseHeader;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.sqlite.IntegrityCheck;
import dev.sqlitebackup.sqlite.Snapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.Consumer;

/**
 * A backup that has been decompressed into a private file and verified to the last byte.
 *
 * @param backup where it came from
 * @param createdAt when its snapshot was taken, to the second
 * @param sha256 of the decompressed content, in hexadecimal
 */
public record StagedBackup(
        Selection backup,
        Path file,
        Instant createdAt,
        long backupBytes,
        long databaseBytes,
        String sha256,
        Verification verification) {

    /** Asks for all the room that a run takes, before its first byte. */
    interface Room {
        /**
         * @param toStageBytes what is still to be written where it stages
         * @param stagedBytes of the database in the backup
         * @throws Failure NO_SPACE if it is not there
         */
        void require(long toStageBytes, long stagedBytes);

        /** Of a run that does nothing but stage. */
        static Room in(Path directory) {
            return (toStageBytes, stagedBytes) -> new Space()
                    .need(directory, toStageBytes)
                    .check("nothing was changed; free some space there, or set TMPDIR to another directory");
        }
    }

    static StagedBackup stage(Selection backup, Workspace workspace, Duration busyTimeout, Progress progress) {
        return stage(backup, workspace, Room.in(workspace.directory().getParent()), busyTimeout, progress, file -> {});
    }

    /**
     * @param backup any gzip file that holds a SQLite database, or a plain SQLite file
     * @param room is asked once: as soon as it is known how much is needed
     * @param beforeVerification is given the staged file when it is complete, to read it beside the verification
     * @throws Failure NOT_FOUND if there is none or only a Git LFS pointer, CORRUPT if anything about it is wrong
     */
    static StagedBackup stage(
            Selection backup,
            Workspace workspace,
            Room room,
            Duration busyTimeout,
            Progress progress,
            Consumer<Path> beforeVerification) {
        try {
            return stageAndVerify(backup, workspace, room, busyTimeout, progress, beforeVerification);
        } catch (Failure e) {
            throw e.kind() == Failure.Kind.CORRUPT && e.hint() == null
                    ? e.withHint(
                            backup.hintIfDamaged() != null
                                    ? backup.hintIfDamaged()
                                    : OtherBackups.ifDamaged(backup.location()))
                    : e;
        }
    }

    private static StagedBackup stageAndVerify(
            Selection backup,
            Workspace workspace,
            Room room,
            Duration busyTimeout,
            Progress progress,
            Consumer<Path> beforeVerification) {
        Long announced = backup.content().fetchedBytes() == null
                ? null
                : backup.content().databaseBytes();
        if (announced != null) {
            room.require(backup.content().fetchedBytes() + announced, announced);
        }
        Path source = backup.content().in(workspace);
        if (backup.createdAt() != null && !Files.exists(source)) {
            throw deletedMeanwhile(backup, null);
        }
        Databases.requireRegularFile(source, "backup", Selection.HINT_IF_MISSING);
        Path file = workspace.createFile("staged.db");
        try {
            BackupReader.Content content = null;
            long backupBytes;
            Instant modifiedAt = modifiedAt(source, backup);
            // Opened once, and not looked at by its name any more: a prune may take that away meanwhile.
            try (FileChannel channel = RegularFiles.open(source, StandardOpenOption.READ)) {
                backupBytes = channel.size();
                byte[] start =
                        java.nio.channels.Channels.newInputStream(channel).readNBytes(FileKind.HEADER_IN_GZIP_BYTES);
                if (announced == null) {
                    announced = announcedBytes(start, channel, source);
                    if (announced > 0) {
                        room.require(announced, announced);
                    }
                }
                if (BackupReader.isGzip(start)) {
                    content = decompress(channel, backup, workspace, file, progress);
                } else if (!FileKind.startsAsDatabase(start)) {
                    throw FileKind.notABackup(backup.toString(), start);
                }
            } catch (NoSuchFileException e) {
                throw deletedMeanwhile(backup, e);
            }
            if (content == null) {
                copyPlain(source, backup, file, workspace, busyTimeout, progress);
            }
            String sha256 = content == null ? sha256(workspace, file) : content.sha256();
            Instant createdAt = content != null && content.createdAt() != null
                    ? content.createdAt()
                    : backup.createdAt() != null ? backup.createdAt() : modifiedAt;
            progress.phase("check", -1);
            if (announced == 0) {
                room.require(0, Files.size(file));
            }
            beforeVerification.accept(file);
            Verification verification = verify(backup, workspace, file, sha256);
            for (String warning : backup.warnings()) {
                verification = verification.withWarning(warning);
            }
            if (content == null && backup.isPiped() && DatabaseHeader.of(file).isWal()) {
                verification = verification.withWarning("a plain database in WAL mode came " + PipedBackup.NAME
                        + ": if it is a copy of a live one, and no decompressed backup, what was only in its WAL is "
                        + "missing");
            }
            return new StagedBackup(
                    backup,
                    file,
                    createdAt.truncatedTo(ChronoUnit.SECONDS),
                    backupBytes,
                    Files.size(file),
                    sha256,
                    verification);
        } catch (IOException e) {
            throw Failure.io("cannot stage the backup in", workspace.directory(), e);
        }
    }

    /**
     * What a backup says that it holds, 0 where it says nothing, as before SQLite 3.7.0, or what cannot be true: then
     * it is damaged, and nobody shall make room for it.
     */
    private static long announcedBytes(byte[] start, FileChannel backup, Path source) throws IOException {
        if (!BackupReader.isGzip(start)) {
            return FileKind.startsAsDatabase(start)
                    ? Databases.sizeBytes(source)
                            + Databases.sizeBytes(
                                    DatabaseFiles.of(Databases.real(source)).wal())
                    : 0;
        }
        BackupReader.Summary summary = BackupReader.Summary.of(backup);
        DatabaseHeader header = FileKind.headerIn(start);
        long bytes = summary != null
                ? summary.databaseBytes()
                : header == null ? 0 : header.pageCount() * header.pageSizeBytes();
        return bytes <= BackupReader.MOST_COMPRESSION * backup.size() ? bytes : 0;
    }

    private static Instant modifiedAt(Path source, Selection backup) throws IOException {
        try {
            return Files.getLastModifiedTime(source).toInstant();
        } catch (NoSuchFileException e) {
            throw deletedMeanwhile(backup, e);
        }
    }

    private static Failure deletedMeanwhile(Selection backup, NoSuchFileException e) {
        return new Failure(
                Failure.Kind.NOT_FOUND,
                "the backup " + backup + " was deleted after it was chosen",
                "nothing was changed; a prune may run there: try it again",
                e);
    }

    private static void copyPlain(
            Path source, Selection backup, Path file, Workspace workspace, Duration busyTimeout, Progress progress) {
        try {
            Snapshot.take(Databases.existing(source), file, false, workspace.directory(), busyTimeout, progress);
        } catch (Failure e) {
            throw e.kind() == Failure.Kind.CORRUPT
                    ? new Failure(
                            Failure.Kind.CORRUPT,
                            "the backup " + backup + " failed verification: it is a damaged database",
                            null,
                            e)
                    : e;
        }
    }

    /** Structure and, beside it, the bytes as they are read back from the staged file. */
    private static Verification verify(Selection backup, Workspace workspace, Path file, String sha256)
            throws IOException {
        try (Background<Verification> check = new Background<>(
                () -> Verification.of(IntegrityCheck.check(file, "the database in the backup " + backup)))) {
            if (!sha256(workspace, file).equals(sha256)) {
                throw new Failure(
                        Failure.Kind.CORRUPT,
                        "the backup " + backup + " failed verification: the SHA-256 of its content is not " + sha256);
            }
            return check.await();
        }
    }

    private static String sha256(Workspace workspace, Path file) throws IOException {
        try (FileChannel channel = workspace.open(file, StandardOpenOption.READ)) {
            return Digests.sha256(channel);
        }
    }

    private static BackupReader.Content decompress(
            FileChannel source, Selection backup, Workspace workspace, Path file, Progress progress)
            throws IOException {
        try (OutputStream out =
                java.nio.channels.Channels.newOutputStream(workspace.open(file, StandardOpenOption.WRITE))) {
            // The checksum is compared with what is read back from the staged file, which proves more.
            return BackupReader.read(
                    source,
                    backup.toString(),
                    Runtime.getRuntime().availableProcessors(),
                    false,
                    new StagingSink(backup.toString(), file, out, progress));
        }
    }

    /**
     * Writes what is decompressed, but never more than the database's own header announces: a gzip bomb ends here. A
     * header that announces nothing, as before SQLite 3.7.0, gets what room there is but the last of it.
     */
    private static final class StagingSink implements BackupReader.Sink {
        private final String backup;
        private final Path file;
        private final OutputStream out;
        private final Progress progress;
        private final ByteBuffer start = ByteBuffer.allocate(DatabaseHeader.SIZE_BYTES);
        private long written;
        private long expectedBytes = Long.MAX_VALUE;
        private long nextLookBytes = PipedBackup.LOOK_EVERY_BYTES;

        StagingSink(String backup, Path file, OutputStream out, Progress progress) {
            this.backup = backup;
            this.file = file;
            this.out = out;
            this.progress = progress;
        }

        @Override
        public void write(byte[] bytes, int length) throws IOException {
            if (start.hasRemaining()) {
                start.put(bytes, 0, Math.min(length, start.remaining()));
                if (!start.hasRemaining()) {
                    readHeader();
                }
            }
            if (written + length > expectedBytes) {
                throw new Failure(
                        Failure.Kind.CORRUPT,
                        "the backup " + backup + " failed verification: it holds more than the " + expectedBytes
                                + " bytes that its database declares");
            }
            if (expectedBytes == Long.MAX_VALUE && written >= nextLookBytes) {
                new Space()
                        .need(directory(), PipedBackup.LEFT_FREE_BYTES)
                        .check("the backup does not say how much it holds; free some space there; nothing was changed");
                nextLookBytes += PipedBackup.LOOK_EVERY_BYTES;
            }
            out.write(bytes, 0, length);
            written += length;
            progress.at(written);
        }

        private Path directory() {
            return file.getParent().getParent();
        }

        private void readHeader() {
            DatabaseHeader header = DatabaseHeader.parse(start.duplicate().flip());
            if (header == null) {
                throw new Failure(
                        Failure.Kind.CORRUPT,
                        "the backup " + backup + " failed verification: what it holds is not a SQLite database");
            }
            if (header.pageCount() > 0) {
                expectedBytes = header.pageCount() * header.pageSizeBytes();
            }
            progress.phase("verify", header.pageCount() > 0 ? expectedBytes : -1);
        }
    }
}
