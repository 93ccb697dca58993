package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.archive.ChainReader;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.Destination;
import dev.sqlitebackup.history.HistoryDestination;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.store.KnownPlace;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What is at the destination already. A store far away that does not answer at first may do so when the backup is made,
 * so the backup is made all the same. But what is not known is not nothing: it is asked again before anything is
 * published there.
 *
 * @param unknown why it is not known, null if it is
 * @param before what the last run noted, null for nothing
 * @param previous the backup to compare with, with what it builds on; null for none. It may be broken
 * @param previousFiles the content of its members on this machine, null for each that is not here
 * @param count how many backups there are
 * @param ahead where the newest backup is, if that is dated after now; else null
 */
record AtDestination(Failure unknown, State before, Chain previous, List<Path> previousFiles, int count, String ahead) {
    static AtDestination ask(Destination destination, Instant now) {
        try {
            return askAgain(destination, now);
        } catch (Failure e) {
            if (!mayAnswerLater(destination, e)) {
                throw e;
            }
            return new AtDestination(e, null, null, List.of(), 0, null);
        }
    }

    /** @throws Failure if it still does not answer */
    static AtDestination askAgain(Destination destination, Instant now) {
        State before = destination.stateFile().readWithTrust();
        Chain previous = destination.previous(now);
        if (previous == null) {
            return new AtDestination(null, before, null, List.of(), destination.count(null), null);
        }
        List<Path> files = new ArrayList<>();
        previous.members().forEach(member -> files.add(destination.store().local(member.name())));
        return new AtDestination(
                null, before, previous, files, destination.count(previous), destination.datedAfter(now));
    }

    /** A restore takes the backup with the latest date, so one that is dated after now hides a new one. */
    List<String> warnings(Instant now) {
        return ahead == null
                ? List.of()
                : List.of(ahead + " is dated after now (" + now
                        + ") and counts as the newest: a clock is or was wrong; if it was, move that file away");
    }

    /** Another disk may have taken the place of the one on which the backups are. */
    List<String> emptied(Destination destination, Location named) {
        return unknown == null
                        && before == null
                        && previous == null
                        && destination instanceof HistoryDestination history
                        && named instanceof Location.Local local
                        && local.stateDirectory() != null
                        && KnownPlace.isNoted(
                                local.stateDirectory(),
                                local.path().toAbsolutePath().normalize())
                        && history.history().databases().isEmpty()
                ? List.of("backups went to " + named + " before, and it holds none now: is it the right disk? A new "
                        + "history begins there")
                : List.of();
    }

    /** Whether a failure may be that of the way there, and not of what was asked. */
    static boolean mayAnswerLater(Destination destination, Failure e) {
        return destination.store().isRemote() && e.kind() == Failure.Kind.FAILURE;
    }

    /** When a backup there was last proven by itself, null for never: a new one takes nothing of that away. */
    Instant verifiedAt() {
        return before == null ? null : before.verifiedInstant();
    }

    /** The name of the backup to compare with, null for none. */
    String previousName() {
        return previous == null ? null : previous.tip().name();
    }

    /** Its content on this machine, null where it is not; of an increment, just what is in that. */
    Path previousFile() {
        return previousFiles.isEmpty() ? null : previousFiles.get(previousFiles.size() - 1);
    }

    /**
     * All that the backup to compare with is made of.
     *
     * @return nothing where something of it is missing, or not on this machine
     */
    List<ChainReader.Member> previousChain() {
        return previous == null || !previous.isWhole() || previousFiles.contains(null)
                ? List.of()
                : members(previous.members(), previousFiles);
    }

    /** Far away, what is read is the copy of this machine, and what is wrong with that is not wrong with the backup. */
    private static List<ChainReader.Member> members(List<Backup> backups, List<Path> files) {
        List<ChainReader.Member> members = new ArrayList<>();
        for (int i = 0; i < backups.size(); i++) {
            String file = files.get(i).toString();
            String location = backups.get(i).location();
            members.add(new ChainReader.Member(
                    files.get(i), file.equals(location) ? file : file + ", the copy kept here of " + location + ","));
        }
        return members;
    }
}
