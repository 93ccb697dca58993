package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.BackupWriter;
import dev.sqlitebackup.archive.ChainReader;
import dev.sqlitebackup.archive.IncrementWriter;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.archive.ReusableBlocks;
import dev.sqlitebackup.files.Digests;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.Next;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.DatabaseHeader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes of a snapshot what comes after the newest backup: nothing if that holds it already, else an increment, else a
 * full backup. What is made is proven. For one run.
 *
 * <p>A chain that is damaged or incomplete is never built upon.
 */
final class NewBackup {
    private static final Logger LOG = LoggerFactory.getLogger(NewBackup.class);

    /**
     * What was made.
     *
     * @param file null if the newest backup holds the snapshot already, and was left as it is
     * @param next what an increment is published as, null for a full backup
     * @param whyFull why a full backup in a history is no increment; null for the first, and for any other
     * @param sha256 of the file, null if there is none
     * @param buildsOn the files before it in its chain; all of it if there is none
     */
    record Made(
            Manifest manifest, Path file, Next next, String whyFull, String sha256, List<State.BackupFile> buildsOn) {
        boolean isUnchanged() {
            return file == null;
        }
    }

    private final BackupService.Request request;
    private final BackupPlan plan;
    private final Path snapshot;
    private final Prepared prepared;
    private final Progress progress;
    private final int pageSizeBytes;
    private final ProvenFile provenFile;
    private final List<String> warnings = new ArrayList<>();
    /** Null until it is asked for. */
    private String snapshotSha256;

    /**
     * What was there before the snapshot.
     *
     * @param temporary takes the pages of a chain
     * @param beside takes the backup
     * @param parent what an increment builds on
     */
    record Prepared(Workspace temporary, Workspace beside, Parent parent) {}

    /** Makes nothing yet. */
    NewBackup(BackupService.Request request, BackupPlan plan, Path snapshot, Prepared prepared, Progress progress)
            throws IOException {
        this.request = request;
        this.plan = plan;
        this.snapshot = snapshot;
        this.prepared = prepared;
        this.progress = progress;
        this.pageSizeBytes = DatabaseHeader.of(snapshot).pageSizeBytes();
        this.provenFile = new ProvenFile(snapshot, pageSizeBytes, prepared.temporary, request.compression(), progress);
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
            Parent.Newest newest = prepared.parent.newest();
            return newest.manifest() == null
                    ? full(chain.get(0).file(), "the newest is not of this program")
                    : after(chain, newest);
        } catch (NoSuchFileException e) {
            return afterDamage(e.getMessage() + " was deleted meanwhile");
        } catch (Parent.Damaged e) {
            return afterDamage("something that it would build on is not good: " + e.getMessage());
        }
    }

    private Made after(List<ChainReader.Member> chain, Parent.Newest newest) throws IOException, Parent.Damaged {
        Manifest same = newest.isProven() ? manifestIfEqual(newest.manifest()) : manifestIfEqual(chain);
        if (same != null && !(request.full() && same.increment() != null)) {
            LOG.debug("the newest backup holds the same: nothing new is made");
            return new Made(same, null, null, null, null, newest.files());
        }
        Next next = request.full()
                ? Next.full("--full was given")
                : newest.manifest().pageSizeBytes() != pageSizeBytes
                        ? Next.full("the page size has changed")
                        : prepared.parent.next(newest);
        if (!next.isFull()) {
            Made increment = increment(next, newest);
            if (increment != null) {
                return increment;
            }
            return full(
                    chain.get(0).file(),
                    (request.compact() ? "with what --compact has moved, " : "") + next.whyTooLarge());
        }
        return full(chain.get(0).file(), next.whyFull());
    }

    /** What is in files that are known to the byte is known too, and is not decompressed again. */
    private Manifest manifestIfEqual(Manifest newest) throws IOException {
        return newest.sha256().equals(snapshotSha256()) ? newest : null;
    }

    private Manifest manifestIfEqual(List<ChainReader.Member> members) throws IOException, Parent.Damaged {
        try (ChainReader chain = ChainReader.open(members)) {
            return provenFile.manifestIfEqual(chain);
        } catch (Failure e) {
            if (Parent.Damaged.isOne(e)) {
                throw new Parent.Damaged(e);
            }
            throw e;
        }
    }

    private String snapshotSha256() throws IOException {
        if (snapshotSha256 == null) {
            progress.phase("hash", -1);
            snapshotSha256 = Digests.sha256(snapshot);
        }
        return snapshotSha256;
    }

    private Made increment(Next next, Parent.Newest newest) throws IOException, Parent.Damaged {
        Manifest ofParent = prepared.parent.manifest(next);
        Manifest manifest = new Manifest(
                plan.at(),
                Files.size(snapshot),
                pageSizeBytes,
                snapshotSha256(),
                new Manifest.Increment(
                        next.moment().number(),
                        ofParent.createdAt(),
                        next.parent().tip().number(),
                        ofParent.sha256(),
                        next.number(),
                        0));
        Path file = prepared.beside.path("increment.gz");
        LOG.debug("an increment, which builds on {}", next.parent().tip().location());
        progress.phase("compare", Files.size(snapshot));
        IncrementWriter.Written written = new ProvenIncrement(snapshot, request.compression(), progress)
                .write(file, manifest, prepared.parent.pages(next, newest), next.mostBytes());
        if (written == null) {
            Files.delete(file);
            return null;
        }
        warnings.addAll(ProvenFile.warnings(written.isFastDeflateWrong()));
        return new Made(
                written.manifest(),
                file,
                next,
                null,
                Digests.sha256(file),
                newest.files().subList(0, next.parent().members().size()));
    }

    private Made afterDamage(String what) throws IOException {
        if (plan.destination().keepsOlder()) {
            warnings.add("this is a full backup, because " + what);
        }
        Files.deleteIfExists(prepared.beside.path("increment.gz"));
        return full(null, "there is nothing good to build upon");
    }

    /** @param reusable a full backup whose blocks may be taken over, null for none */
    private Made full(Path reusable, String why) throws IOException {
        Path file = prepared.beside.path("backup.gz");
        LOG.debug(
                "a full backup{}; blocks may come from {}",
                why == null ? "" : ", because " + why,
                reusable == null ? "no other" : reusable);
        try (ReusableBlocks previous =
                reusable == null ? ReusableBlocks.none() : ReusableBlocks.of(reusable, pageSizeBytes)) {
            String whyFull = plan.destination().keepsOlder() ? why : null;
            BackupWriter.Written written = provenFile.write(file, plan.at(), previous);
            warnings.addAll(ProvenFile.warnings(written.isFastDeflateWrong()));
            return new Made(written.manifest(), file, null, whyFull, written.backupSha256(), List.of());
        }
    }

    /** Whether what was made rests on files that are still what was read. */
    boolean isFounded(Made made) throws IOException {
        return prepared.parent.areUntouched(made.buildsOn);
    }

    /** A full backup in place of an increment that could not be published as one. */
    Made fullInstead(String why) throws IOException {
        return full(null, why);
    }
}
