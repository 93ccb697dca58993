package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.Times;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.archive.ChainReader;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.files.Digests;
import dev.sqlitebackup.files.RegularFiles;
import dev.sqlitebackup.files.Space;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.BackupSource;
import dev.sqlitebackup.history.FileKind;
import dev.sqlitebackup.history.OtherBackups;
import dev.sqlitebackup.history.PipedBackup;
import dev.sqlitebackup.history.SafetyCopies;
import dev.sqlitebackup.history.Selection;
import dev.sqlitebackup.sqlite.DatabaseHeader;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.sqlite.IntegrityCheck;
import dev.sqlitebackup.sqlite.Snapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decompresses a backup into a private file and verifies it to the last byte. For one run. */
final class Staging {
    private static final Logger LOG = LoggerFactory.getLogger(Staging.class);

    /** Asks for all the room that a run takes, before its first byte. */
    interface Room {
        /**
         * @param toStageBytes bytes still to be written in the staging directory
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

    /** ENOENT, as an open file's channel says it: on a share, a file can go under whoever reads it. */
    private static final String GONE = "No such file or directory";

    private final Workspace workspace;
    private final Duration busyTimeout;
    private final Progress progress;
    private final Room room;
    private final Consumer<Path> beforeVerification;
    private final boolean fast;

    /** For a verification, which asks for its own room only; the JDK decompresses every block, as gunzip would. */
    Staging(Workspace workspace, Duration busyTimeout, Progress progress) {
        this.workspace = workspace;
        this.busyTimeout = busyTimeout;
        this.progress = progress;
        this.room = Room.in(workspace.directory().getParent());
        this.beforeVerification = file -> {};
        this.fast = false;
    }

    /**
     * For a restore, which asks for all its room at once; ISA-L may decompress, since the SHA-256 of the content is
     * checked.
     *
     * @param room is asked once: as soon as it is known how much is needed
     * @param beforeVerification is given the staged file when it is complete, to read it beside the verification
     */
    Staging(
            Workspace workspace,
            Duration busyTimeout,
            Progress progress,
            Room room,
            Consumer<Path> beforeVerification) {
        this.workspace = workspace;
        this.busyTimeout = busyTimeout;
        this.progress = progress;
        this.room = room;
        this.beforeVerification = beforeVerification;
        this.fast = true;
    }

    /**
     * Stages one.
     *
     * @param source any gzip file that holds a SQLite database, or a plain SQLite file
     * @throws Failure NOT_FOUND if there is none or only a Git LFS pointer, CORRUPT if anything about it is wrong,
     *     NO_SPACE
     */
    StagedBackup stage(BackupSource source) {
        try {
            return stageAndVerify(source);
        } catch (IOException e) {
            throw GONE.equals(e.getMessage())
                    ? deletedMeanwhile(source, e)
                    : Failure.io("cannot stage the backup in", workspace.directory(), e);
        }
    }

    private StagedBackup stageAndVerify(BackupSource source) throws IOException {
        BackupSource.Content content = source.content();
        boolean isFetched = content.fetchedBytes() != null && content.fetchedBytes() > 0;
        Long announced = isFetched ? content.databaseBytes() : null;
        if (announced != null) {
            room.require(content.fetchedBytes() + announced, announced);
        }
        Path staged = workspace.createFile("staged.db");
        List<ChainReader.Member> members = hinting(source, () -> 0, () -> content.in(workspace));
        Laid laid = members.size() == 1
                ? hinting(source, () -> 0, () -> lay(members.get(0).file(), source, staged, announced))
                : layChain(members, source, staged);
        LOG.debug(
                "backup: {}, {} bytes in {} file(s); its {} bytes of database: {}",
                source,
                laid.backupBytes,
                members.size(),
                laid.manifest.databaseBytes(),
                staged);
        progress.phase("check", -1);
        if (!laid.roomIsAsked) {
            room.require(0, Files.size(staged));
        }
        beforeVerification.accept(staged);
        Verification verification = hinting(
                        source, () -> members.size() - 1, () -> verify(source, staged, laid.manifest.sha256()))
                .withWarnings(source.warnings());
        if (laid.isPlain && source.isPiped() && DatabaseHeader.of(staged).isWal()) {
            verification = verification.withWarning("a plain database in WAL mode came " + PipedBackup.NAME
                    + ": if it is a copy of a live one, and no decompressed backup, what was only in its WAL is "
                    + "missing");
        }
        return new StagedBackup(source, staged, laid.manifest, laid.backupBytes, verification);
    }

    private interface Step<T> {
        T run() throws IOException;
    }

    /** @param member which file of the chain a step reads */
    private static <T> T hinting(BackupSource source, IntSupplier member, Step<T> step) throws IOException {
        try {
            return step.run();
        } catch (Failure e) {
            if (e.kind() != Failure.Kind.CORRUPT || e.hint() != null) {
                throw e;
            }
            String hint = source.hintIfDamaged().of(member.getAsInt());
            throw e.withHint(hint != null ? hint : OtherBackups.ifDamaged(source.location()));
        }
    }

    /**
     * What a backup holds, in the staged file.
     *
     * @param backupBytes how much was read for it
     * @param isPlain whether it was no gzip file
     * @param roomIsAsked whether it said how much it holds
     */
    private record Laid(Manifest manifest, long backupBytes, boolean isPlain, boolean roomIsAsked) {}

    /** A full backup, and the increments laid over it. */
    private Laid layChain(List<ChainReader.Member> members, BackupSource source, Path staged) throws IOException {
        try (ChainReader chain = hinting(
                        source,
                        () -> 0,
                        () -> fast ? ChainReader.open(members).allowFast() : ChainReader.open(members));
                FileChannel pages = workspace.scratch("pages");
                OutputStream out = Channels.newOutputStream(workspace.open(staged, StandardOpenOption.WRITE))) {
            Manifest manifest = chain.manifest();
            long toStageBytes = chain.pagesBytes() + manifest.databaseBytes();
            boolean canBe = toStageBytes <= BackupReader.MOST_COMPRESSION * chain.backupBytes();
            if (canBe) {
                room.require(toStageBytes, manifest.databaseBytes());
            }
            StagingSink sink = new StagingSink(source.toString(), staged, out, progress);
            int threads = Runtime.getRuntime().availableProcessors();
            // The checksum is compared with what is read back from the staged file, which proves more.
            hinting(source, chain::reading, () -> chain.read(pages, threads, false, sink));
            return new Laid(manifest, chain.backupBytes(), false, canBe);
        } catch (NoSuchFileException e) {
            throw deletedMeanwhile(source, e);
        }
    }

    /** @param announcedBytes how much it holds, where that is known and room was asked for it; else null */
    private Laid lay(Path member, BackupSource source, Path staged, Long announcedBytes) throws IOException {
        if (source.createdAt() != null && !Files.exists(member)) {
            throw deletedMeanwhile(source, null);
        }
        Databases.requireRegularFile(member, "backup", Selection.hintIfMissing(member.toString()));
        // Opened once, and not looked at by its name any more: a prune may take that away meanwhile.
        try (FileChannel channel = open(member)) {
            Instant modifiedAt = Files.getLastModifiedTime(member).toInstant();
            long backupBytes = channel.size();
            byte[] start = Channels.newInputStream(channel).readNBytes(FileKind.HEADER_IN_GZIP_BYTES);
            long announced = announcedBytes != null ? announcedBytes : AnnouncedSize.of(start, channel, member);
            if (announcedBytes == null && announced > 0) {
                room.require(announced, announced);
            }
            boolean isPlain = FileKind.startsAsDatabase(start);
            if (!isPlain && !BackupReader.isGzip(start)) {
                throw FileKind.notABackup(source.toString(), start);
            }
            refuseIncrement(Manifest.of(channel), source);
            Manifest manifest = isPlain ? copyPlain(member, source, staged) : decompress(channel, source, staged);
            return new Laid(dated(manifest, source, modifiedAt), backupBytes, isPlain, announced > 0);
        } catch (NoSuchFileException e) {
            throw deletedMeanwhile(source, e);
        }
    }

    /** Under its own name it would have come with what it builds on. */
    private static void refuseIncrement(Manifest manifest, BackupSource source) {
        if (manifest != null && manifest.increment() != null) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    source + " is an increment, which holds only what changed since the backup of "
                            + Times.local(manifest.increment().parentCreatedAt()),
                    source.isPiped()
                            ? "only a full backup can come by a pipe; name the increment, in the directory of its history"
                            : "name it by the name that it was made with, in the directory of its history");
        }
    }

    /** What cannot be read is the backup, and not the place where it is staged. */
    private static FileChannel open(Path member) throws NoSuchFileException {
        try {
            return RegularFiles.open(member, StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException e) {
            throw Failure.io("cannot read the backup", member, e);
        }
    }

    /** With the time that it says, else that from outside, else that of the file. */
    private static Manifest dated(Manifest manifest, BackupSource source, Instant modifiedAt) {
        Instant named = SafetyCopies.createdAt(source.location());
        Instant createdAt = manifest.createdAt() != null
                ? manifest.createdAt()
                : source.createdAt() != null ? source.createdAt() : named != null ? named : modifiedAt;
        return new Manifest(
                createdAt.truncatedTo(ChronoUnit.SECONDS),
                manifest.databaseBytes(),
                manifest.pageSizeBytes(),
                manifest.sha256(),
                manifest.increment());
    }

    private static Failure deletedMeanwhile(BackupSource source, IOException e) {
        return new Failure(
                Failure.Kind.NOT_FOUND,
                "the backup " + source + " was deleted after it was chosen",
                "nothing was changed; a prune may run there: try it again",
                e);
    }

    private Manifest copyPlain(Path member, BackupSource source, Path staged) throws IOException {
        try {
            Snapshot.take(Databases.existing(member), staged, false, busyTimeout, progress);
        } catch (Failure e) {
            throw e.kind() == Failure.Kind.CORRUPT
                    ? new Failure(
                            Failure.Kind.CORRUPT,
                            "the backup " + source + " failed verification: it is a damaged database",
                            null,
                            e)
                    : e;
        }
        return new Manifest(null, Files.size(staged), DatabaseHeader.of(staged).pageSizeBytes(), sha256(staged));
    }

    /** Structure and, beside it, the bytes as they are read back from the staged file. */
    private Verification verify(BackupSource source, Path staged, String sha256) throws IOException {
        try (Background<Verification> check = new Background<>(
                () -> Verification.of(IntegrityCheck.check(staged, "the database in the backup " + source)))) {
            if (!sha256(staged).equals(sha256)) {
                throw new Failure(
                        Failure.Kind.CORRUPT,
                        "the backup " + source + " failed verification: the SHA-256 of its content is not " + sha256);
            }
            return check.await();
        }
    }

    private String sha256(Path staged) throws IOException {
        try (FileChannel channel = workspace.open(staged, StandardOpenOption.READ)) {
            return Digests.sha256(channel);
        }
    }

    private Manifest decompress(FileChannel member, BackupSource source, Path staged) throws IOException {
        try (OutputStream out = Channels.newOutputStream(workspace.open(staged, StandardOpenOption.WRITE))) {
            // The checksum is compared with what is read back from the staged file, which proves more.
            StagingSink sink = new StagingSink(source.toString(), staged, out, progress);
            int threads = Runtime.getRuntime().availableProcessors();
            return fast
                    ? BackupReader.readFast(member, source.toString(), threads, sink)
                    : BackupReader.read(member, source.toString(), threads, false, sink);
        }
    }
}
