package dev.sqlitebackup.testing;

import com.google.gson.Gson;
import dev.sqlitebackup.KeptMain;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Assertions;

/** A process of the packaged program that takes one run after the other ({@link KeptMain}). */
final class KeptProcess {
    private static final Gson GSON = new Gson();

    private final Process process;
    private final BufferedReader answers;
    private final PrintStream requests;
    private final Path err;
    private final ReentrantLock busy = new ReentrantLock();

    /** @param java the command that starts Java for the program's runs, up to its class path */
    KeptProcess(List<String> java, Map<String, String> environment) throws IOException {
        err = Files.createTempFile("kept", "");
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(java)).redirectError(err.toFile());
        builder.command()
                .addAll(List.of(
                        "--add-opens=java.base/sun.nio.fs=ALL-UNNAMED",
                        "-Dsun.nio.fs.chdirAllowed=true",
                        "-cp",
                        Lab.JAR + ":" + Path.of("target/test-classes").toAbsolutePath(),
                        KeptMain.class.getName()));
        Tools.change(builder.environment(), environment);
        process = builder.start();
        answers = process.inputReader(StandardCharsets.UTF_8);
        requests = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    }

    /** @return null if it is busy with another run: then this one has to start a process of its own */
    Tools.Ended run(List<String> arguments, Map<String, String> changes, Path directory) {
        if (!busy.tryLock()) {
            return null;
        }
        try {
            Path out = Files.createTempFile("out", "");
            Path err = Files.createTempFile("err", "");
            Map<String, String> variables = new TreeMap<>(System.getenv());
            Tools.change(variables, changes);
            requests.println(GSON.toJson(new KeptMain.Request(
                    arguments, variables, directory.toRealPath().toString(), out.toString(), err.toString())));
            KeptMain.Answer answer = answer(arguments);
            Assertions.assertEquals(List.of(), answer.left(), () -> "left in the process by " + arguments);
            return Tools.Ended.of(answer.exitCode(), out, err);
        } catch (IOException e) {
            throw new AssertionError(e);
        } finally {
            busy.unlock();
        }
    }

    private KeptMain.Answer answer(List<String> arguments) throws IOException {
        try {
            String line = CompletableFuture.supplyAsync(this::line).get(Tools.TIMEOUT_SECONDS, TimeUnit.SECONDS);
            if (line != null) {
                return GSON.fromJson(line, KeptMain.Answer.class);
            }
            throw new AssertionError("the process ended in " + arguments + ": " + Files.readString(err));
        } catch (TimeoutException | ExecutionException | InterruptedException e) {
            process.destroyForcibly();
            throw new AssertionError("no answer to " + arguments + ": " + Files.readString(err), e);
        }
    }

    private String line() {
        try {
            return answers.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isUsable() {
        return process.isAlive() || busy.isLocked();
    }

    /** @return false if it is busy */
    boolean end() {
        if (!busy.tryLock()) {
            return false;
        }
        try {
            requests.close();
            Files.delete(err);
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            busy.unlock();
        }
    }
}
