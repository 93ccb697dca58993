package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Set;
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

    @Test
    void withoutACommandAllOfThemAreThere() {
        for (String[] arguments : new String[][] {{}, {"--help"}, {"bakcup"}, {"generate-completion"}}) {
            assertEquals(
                    SqliteBackup.commandLine(ENVIRONMENT).getUsageMessage(),
                    SqliteBackup.commandLine(ENVIRONMENT, arguments).getUsageMessage());
        }
    }
}
