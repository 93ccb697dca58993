package dev.sqlitebackup;

import com.google.gson.Gson;
import dev.sqlitebackup.cli.Environment;
import dev.sqlitebackup.cli.SqliteBackup;
import dev.sqlitebackup.cli.StandardStreams;
import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/**
 * The program, run again and again in one process as {@link Main} runs it once: for tests, which would spend most of
 * their time on starting Java. A request is a line of JSON on standard input, its answer one on standard output; the
 * process ends when its input does.
 */
public final class KeptMain {
    /**
     * One run.
     *
     * @param variables its whole environment
     * @param out the file to which its standard output goes, as standard error to {@code err}
     */
    public record Request(
            List<String> arguments, Map<String, String> variables, String directory, String out, String err) {}

    /** @param left what the run should have let go of */
    public record Answer(int exitCode, List<String> left) {}

    private KeptMain() {}

    public static void main(String[] none) throws IOException, ReflectiveOperationException {
        Gson gson = new Gson();
        PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.setIn(InputStream.nullInputStream());
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            answers.println(gson.toJson(answer(gson.fromJson(line, Request.class))));
        }
    }

    private static Answer answer(Request request) throws IOException, ReflectiveOperationException {
        resolveAgainst(request.directory);
        Leftovers before = Leftovers.now();
        int exitCode;
        try (FileOutputStream out = new FileOutputStream(request.out);
                PrintStream print = new PrintStream(out, true);
                PrintStream err = new PrintStream(new FileOutputStream(request.err), true)) {
            System.setOut(print);
            System.setErr(err);
            exitCode = run(request, out, err);
        }
        return new Answer(exitCode, Leftovers.since(before));
    }

    private static int run(Request request, FileOutputStream out, PrintStream err) {
        String[] arguments = request.arguments.toArray(String[]::new);
        Hints.startedAs(Main.program(), request.variables.get("SQLITE_BACKUP_MAKE"));
        Environment environment = new Environment(
                request.variables,
                System.getProperty("user.home"),
                Main.location().getParent(),
                Path.of(request.directory),
                System.getProperty("java.io.tmpdir"),
                new StandardStreams(System.in, out.getChannel(), err, false, false, false),
                Clock.systemDefaultZone());
        CommandLine commandLine =
                SqliteBackup.commandLine(environment, arguments).setOut(Main.printer(out));
        return Main.run(commandLine, arguments);
    }

    /**
     * Java cannot change its working directory. Started with {@code -Dsun.nio.fs.chdirAllowed=true} it makes each
     * relative path absolute itself, and this is what it takes for that.
     */
    private static void resolveAgainst(String directory) throws ReflectiveOperationException {
        FileSystem fileSystem = FileSystems.getDefault();
        Field field = fileSystem.getClass().getSuperclass().getDeclaredField("defaultDirectory");
        field.setAccessible(true);
        field.set(fileSystem, directory.getBytes(Charset.forName(System.getProperty("sun.jnu.encoding"))));
    }
}
