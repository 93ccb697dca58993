package dev.sqlitebackup.cli;

import dev.sqlitebackup.history.Location;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What the backups of a database are called where several share a place: the option of everything that names one. */
public final class NameOption {
    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "The name of this database among the backups, where two with the same file name share a "
                    + "place (default: its file name).")
    private String name;

    /** Whether it stands on the command line, and not in a file. */
    static boolean isTyped(CommandSpec spec) {
        return spec.commandLine().getParseResult().hasMatchedOption("--name");
    }

    /** @return null for the default */
    String name(CommandSpec spec) {
        if (name != null
                && (name.isEmpty()
                        || List.of(".", "..").contains(name)
                        || name.indexOf('/') >= 0
                        || name.indexOf('\0') >= 0
                        || name.indexOf('\uFFFD') >= 0
                        || name.endsWith(Location.BACKUP_SUFFIX))) {
            throw new ParameterException(
                    spec.commandLine(), "--name wants a file name, such as wiki.db, and not '" + name + "'");
        }
        return name;
    }
}
