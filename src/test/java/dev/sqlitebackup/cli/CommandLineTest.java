package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class CommandLineTest {
    private static final Environment ENVIRONMENT = new Environment(
            Map.of(), "/home/u", Path.of("/opt"), Path.of("/"), "/tmp", StandardStreams.ofProcess(), Clock.systemUTC());

    @Test
    void aCommandThatIsNamedIsTheSameAsAmongAllOthers() {
        Map<String, CommandLine> all = SqliteBackup.commandLine(ENVIRONMENT).getSubcommands();
        assertTrue(all.keySet().containsAll(Set.of("backup", "restore", "generate-completion")), all::toString);
        all.forEach((name, among) -> {
            CommandLine alone = SqliteBackup.commandLine(ENVIRONMENT, name, "--help")
                    .getSubcommands()
                    .get(name);
            assertEquals(among.getUsageMessage(), alone.getUsageMessage());
        });
    }

    /** A line that is broken is not what one pastes. */
    @Test
    void noExampleIsBrokenInATerminalOf80Columns() {
        CommandLine program = SqliteBackup.commandLine(ENVIRONMENT, "--help");
        Stream.concat(Stream.of(program), program.getSubcommands().values().stream())
                .forEach(command -> {
                    List<String> printed = command.getUsageMessage().lines().toList();
                    for (String line : command.getCommandSpec().usageMessage().footer()) {
                        assertTrue(line.length() <= 78 && printed.contains(line), line);
                    }
                });
    }

    @Test
    void withoutACommandAllOfThemAreThere() {
        for (String[] arguments : new String[][] {{}, {"--help"}, {"bakcup"}, {"generate-completion"}}) {
            assertEquals(
                    SqliteBackup.commandLine(ENVIRONMENT).getUsageMessage(),
                    SqliteBackup.commandLine(ENVIRONMENT, arguments).getUsageMessage());
        }
    }
}
