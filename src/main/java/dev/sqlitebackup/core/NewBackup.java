package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.BackupWriter;
import dev.sqlitebackup.archive.ChainReader;
import dev.sqlitebackup.archive.IncrementWriter;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.archive.ReusableBlocks;
import dev.sqlitebackup.files.Digests;
import dev.sqlitebackup.files.RegularFiles;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.Next;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.DatabaseHeader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes of a snapshot what comes after the newest backup: nothing if that holds it already, else an increment, else a
 * full backup. What is made is proven. For one run.
 *
 * <p>A chain that is damaged or incomplete is never built upon.
 */
final class NewBackup {
    /**
     * What was made.
     *
     * @param file null if the newest backup holds the snapshot already, and was left as it is
     * @param next what an increment is published as, null for a full backup
     * @param whyFull why a full backup in a history is no increment; null for the first, and for any other
     * @param sha256s of the files that the backup is made of, in the order of their chain
     */
    record Made(Manifest manifest, Path file, Next next, String whyFull, List<String> sha256s) {
        boolean isUnchanged() {
            return file == null;
        }
    }

    private final BackupService.Request request;
    private final BackupPlan plan;
    private final Path snapshot;
    private final Places places;
    private final Progress progress;
    private final int pageSizeBytes;
    private final ProvenFile provenFile;
    private final List<String> warnings = new ArrayList<>();
    /** Of the files of the newest backup. */
    private List<String> sha256s = List.of();

    private String snapshotSha256;

    /**
     * Where files are made.
     *
     * @param temporary takes the pages of a chain
     * @param beside takes the backup
     */
    record Places(Workspace temporary, Workspace beside) {}

    /** Makes nothing yet. */
    NewBackup(BackupService.Request request, BackupPlan plan, Path snapshot, Places places, Progress progress)
            throws IOException {
        this.request = request;
        this.plan = plan;
        this.snapshot = snapshot;
        this.places = places;
        this.progress = progress;
        this.pageSizeBytes = DatabaseHeader.of(snapshot).pageSizeBytes();
        this.provenFile = new ProvenFile(snapshot, pageSizeBytes, places.temporary, request.compression(), progress);
    }

    /** What is wrong with the newest backup, or with this machine. */
    List<String> warnings() {
        return warnings;
    }

    Made make() throws IOException {
        Chain previous = plan.there().previous();
        List<ChainReader.Member> chain = plan.there().previousChain();
        if (previous == null) {
            return full(null, null);
        }
        if (!previous.isWhole()) {
            Chain.Broken broken = previous.broken();
            return afterDamage(previous.tip().location() + " cannot be built upon: " + broken.why()
                    + (broken.remedy() == null ? "" : "; " + broken.remedy()));
        }
        if (chain.isEmpty()) {
            return full(null, "the newest backup is not in the cache of this machine");
        }
        if (!plan.hasRoomForChain()) {
            return full(
                    chain.get(0).file(),
                    "there is no room in " + request.temporaryDirectory() + " for the pages of the newest one");
        }
        try {
            sha256s = sha256s(chain); // Before they are proven: a file that changes meanwhile must not count as proven.
            Manifest newest = manifest(chain.get(chain.size() - 1));
            return newest == null
                    ? full(chain.get(0).file(), "the newest is not of this program")
                    : after(chain, newest);
        } catch (NoSuchFileException e) {
            return afterDamage(e.getMessage() + " was deleted meanwhile");
        } catch (ProvenIncrement.DamagedParent e) {
            return afterDamage("something that it would build on is not good: " + e.getMessage());
        }
    }

    private static Manifest manifest(ChainReader.Member member) throws IOException {
        try (FileChannel file = RegularFiles.open(member.file(), StandardOpenOption.READ)) {
            return Manifest.of(file);
        }
    }

    private Made after(List<ChainReader.Member> chain, Manifest newest)
            throws IOException, ProvenIncrement.DamagedParent {
        Manifest same = areAsProven() ? manifestIfEqual(newest) : manifestIfEqual(chain);
        if (same != null && !(request.full() && same.increment() != null)) {
            return new Made(same, null, null, null, sha256s);
        }
        Next next = request.full()
                ? Next.full("--full was given")
                : newest.pageSizeBytes() != pageSizeBytes
                        ? Next.full("the page size has changed")
                        : plan.destination().next(plan.there().previous(), newest.number(), plan.at());
        if (!next.isFull()) {
            Made increment = increment(next, chain);
            if (increment != null) {
                return increment;
            }
            return full(
                    chain.get(0).file(),
                    (request.compact() ? "with what --compact has moved, " : "") + next.whyTooLarge());
        }
        return full(chain.get(0).file(), next.whyFull());
    }

    private static List<String> sha256s(List<ChainReader.Member> chain) throws IOException {
        List<String> sha256s = new ArrayList<>();
        for (ChainReader.Member member : chain) {
            sha256s.add(Digests.sha256(member.file()));
        }
        return sha256s;
    }

    /** Whether the files of the newest backup are, to the byte, those that a run has proven. */
    private boolean areAsProven() {
        State before = plan.there().before();
        return before != null
                && before.backups() != null
                && before.backups().stream()
                        .map(State.BackupFile::sha256)
                        .toList()
                        .equals(sha256s);
    }

    /** What is in files that are known to the byte is known too, and is not decompressed again. */
    private Manifest manifestIfEqual(Manifest newest) throws IOException {
        progress.phase("hash", -1);
        snapshotSha256 = Digests.sha256(snapshot);
        return newest.sha256().equals(snapshotSha256) ? newest : null;
    }

    private Manifest manifestIfEqual(List<ChainReader.Member> members)
            throws IOException, ProvenIncrement.DamagedParent {
        try (ChainReader chain = ChainReader.open(members)) {
            return provenFile.manifestIfEqual(chain);
        } catch (Failure e) {
            if (ProvenIncrement.DamagedParent.isOne(e)) {
                throw new ProvenIncrement.DamagedParent(e);
            }
            throw e;
        }
    }

    private Made increment(Next next, List<ChainReader.Member> chain)
            throws IOException, ProvenIncrement.DamagedParent {
        List<ChainReader.Member> parent =
                chain.subList(0, next.parent().members().size());
        Manifest ofParent = manifest(parent.get(parent.size() - 1));
        if (ofParent == null) {
            throw new ProvenIncrement.DamagedParent(new Failure(
                    Failure.Kind.CORRUPT, parent.get(parent.size() - 1).backup() + " is cut short or damaged"));
        }
        Manifest manifest = new Manifest(
                plan.at(),
                Files.size(snapshot),
                pageSizeBytes,
                snapshotSha256,
                new Manifest.Increment(
                        next.moment().number(),
                        ofParent.createdAt(),
                        next.parent().tip().number(),
                        ofParent.sha256(),
                        next.number(),
                        0));
        Path file = places.beside.path("increment.gz");
        IncrementWriter.Written written = new ProvenIncrement(
                        snapshot, places.temporary, request.compression(), progress)
                .write(file, manifest, parent, next.mostBytes(), areAsProven());
        if (written == null) {
            Files.delete(file);
            return null;
        }
        warnings.addAll(ProvenFile.warnings(written.isFastDeflateWrong()));
        List<String> all = new ArrayList<>(sha256s.subList(0, parent.size()));
        all.add(Digests.sha256(file));
        return new Made(written.manifest(), file, next, null, all);
    }

    private Made afterDamage(String what) throws IOException {
        if (plan.destination().keepsOlder()) {
            warnings.add("this is a full backup, because " + what);
        }
        Files.deleteIfExists(places.beside.path("increment.gz"));
        return full(null, "there is nothing good to build upon");
    }

    /** @param reusable a full backup whose blocks may be taken over, null for none */
    private Made full(Path reusable, String why) throws IOException {
        Path file = places.beside.path("backup.gz");
        try (ReusableBlocks previous =
                reusable == null ? ReusableBlocks.none() : ReusableBlocks.of(reusable, pageSizeBytes)) {
            String whyFull = plan.destination().keepsOlder() ? why : null;
            BackupWriter.Written written = provenFile.write(file, plan.at(), previous);
            warnings.addAll(ProvenFile.warnings(written.isFastDeflateWrong()));
            return new Made(written.manifest(), file, null, whyFull, List.of(written.backupSha256()));
        }
    }

    /** A full backup in place of an increment that could not be published as one. */
    Made fullInstead(String why) throws IOException {
        return full(null, why);
    }
}
