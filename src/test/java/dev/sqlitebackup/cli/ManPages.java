package dev.sqlitebackup.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import picocli.CommandLine;
import picocli.codegen.docgen.manpage.ManPageGenerator;

/** Writes a manual page for each command, as AsciiDoc: {@code ManPages DIRECTORY VERSION}. Run by the profile `man`. */
public final class ManPages {
    private ManPages() {}

    public static void main(String[] arguments) throws IOException {
        File directory = new File(arguments[0]);
        Environment environment = new Environment(
                Map.of(), "~", Path.of("/opt"), Path.of("/"), "/tmp", StandardStreams.ofProcess(), Clock.systemUTC());
        CommandLine program = SqliteBackup.commandLine(environment);
        setVersion(program, arguments[1]);
        int code = ManPageGenerator.generateManPage(directory, null, new boolean[0], true, program.getCommandSpec());
        if (code != 0) {
            throw new IOException("picocli wrote no manual pages to " + directory + ": " + code);
        }
    }

    /** It is in the jar's manifest, and this is no jar. */
    private static void setVersion(CommandLine command, String version) {
        command.getCommandSpec().versionProvider(null).version("sqlite-backup " + version);
        command.getSubcommands().values().forEach(subcommand -> setVersion(subcommand, version));
    }
}
