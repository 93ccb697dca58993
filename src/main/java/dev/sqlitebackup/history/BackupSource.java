package dev.sqlitebackup.history;

import dev.sqlitebackup.archive.ChainReader;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.store.Store;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * One backup, chosen ({@link Selection}) and not read yet.
 *
 * @param location what people call it
 * @param commit that holds it in Git, else null
 * @param createdAt as far as it is known from outside, else null
 * @param hintIfDamaged what else there is
 * @param warnings about newer ones that were passed over
 * @param content where its bytes are
 */
public record BackupSource(
        String location,
        String commit,
        Instant createdAt,
        HintIfDamaged hintIfDamaged,
        List<String> warnings,
        Content content) {
    /** What to do about a damaged backup. */
    public interface HintIfDamaged {
        HintIfDamaged UNKNOWN = member -> null;

        /**
         * @param member which file of the chain is damaged, from 0
         * @return null where nobody knows
         */
        String of(int member);
    }

    /** The bytes of a backup, wherever they are. */
    public interface Content {
        /**
         * Brings them onto this machine, where they are not there already.
         *
         * @param workspace takes the files, if they have to be made
         * @return each member of the chain, in its order
         */
        List<ChainReader.Member> in(Workspace workspace);

        /** Before that: how much it brings, null where that is not known. */
        default Long fetchedBytes() {
            return null;
        }

        /** Before that: the size of the database that is in it, null likewise. */
        default Long databaseBytes() {
            return null;
        }

        /** What the last run noted where the backup lies, null for nothing. */
        default State noted() {
            return null;
        }
    }

    /**
     * What lies at a place for backups.
     *
     * @param state what the last run noted there
     */
    record Published(Store store, Chain chain, Supplier<State> state) implements Content {
        @Override
        public List<ChainReader.Member> in(Workspace workspace) {
            return chain.members().stream()
                    .map(member -> new ChainReader.Member(
                            store.fetch(member.name(), workspace.directory()), member.location()))
                    .toList();
        }

        @Override
        public Long fetchedBytes() {
            return store.isRemote() ? chain.backupBytes() : 0;
        }

        @Override
        public Long databaseBytes() {
            return chain.tip().databaseBytes();
        }

        @Override
        public State noted() {
            return state.get();
        }
    }

    /** A file that lies here, whoever made it. */
    private record Here(Path file) implements Content {
        @Override
        public List<ChainReader.Member> in(Workspace workspace) {
            return one(file, file.toString());
        }

        /** The state lies under the file's name, or, in a history, under the database's. */
        @Override
        public State noted() {
            SingleFile single = Location.file(file).single();
            BackupName name = BackupName.parse(single.name());
            StateFile state = name == null ? single.stateFile() : StateFile.of(single.store(), name.database());
            return state.readIfTrusted(single.name());
        }
    }

    /** A file that lies here, whatever it is. */
    public static BackupSource of(Path file) {
        return new BackupSource(
                file.toAbsolutePath().normalize().toString(),
                null,
                null,
                HintIfDamaged.UNKNOWN,
                List.of(),
                new Here(file));
    }

    /** A backup that is all in one file. */
    static List<ChainReader.Member> one(Path file, String backup) {
        return List.of(new ChainReader.Member(file, backup));
    }

    /** A backup that lies at a place, of which nothing else is known. */
    public static BackupSource of(Store store, Chain chain) {
        return of(store, chain, HintIfDamaged.UNKNOWN);
    }

    /** The same for who wants to know which file of it is damaged. */
    public static BackupSource of(Store store, Chain chain, HintIfDamaged hint) {
        return new BackupSource(
                chain.tip().location(),
                null,
                chain.createdAt(),
                hint,
                List.of(),
                new Published(store, chain, () -> null));
    }

    BackupSource withWarning(String warning) {
        return new BackupSource(
                location,
                commit,
                createdAt,
                hintIfDamaged,
                Stream.concat(Stream.of(warning), warnings.stream()).toList(),
                content);
    }

    BackupSource withHintIfDamaged(String hint) {
        return new BackupSource(location, commit, createdAt, member -> hint, warnings, content);
    }

    public boolean isPiped() {
        return location.equals(Location.Pipe.NAME); // Every other location begins with a slash or a scheme.
    }

    /** @return where the database lies that it is of, null where that was not noted, or none is there any more */
    public Path database() {
        State noted = content.noted();
        String path =
                noted == null || noted.source() == null ? null : noted.source().path();
        try {
            return path != null && Files.isRegularFile(Path.of(path)) ? Path.of(path) : null;
        } catch (InvalidPathException e) {
            return null; // This locale cannot express it.
        }
    }

    /** Whether it is this very file. */
    public boolean isFile(Path file) {
        return commit == null && !isPiped() && Databases.isSameFile(Path.of(location), file);
    }

    /** For messages: which one exactly. */
    @Override
    public String toString() {
        return isPiped() ? PipedBackup.NAME : commit == null ? location : location + " of commit " + commit;
    }
}
