package dev.sqlitebackup.torture;

import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Runs the packaged program with one of its system calls hit, through src/test/c/faults.c, which says how that is done.
 */
final class Faults {
    /** What can happen to a call. */
    enum How {
        KILL("kill", CHANGES),
        EIO("5", CHANGES),
        EIO_ON_READ("5", ",read,"),
        /** A disk that has died. */
        EIO_ON_READ_FROM_THEN_ON("5", ",read,"),
        /** One that can still be read. */
        EIO_ON_SYNC_FROM_THEN_ON("5", ",sync,"),
        ENOSPC("28", GROWS),
        EDQUOT("122", GROWS),
        EACCES("13", NAMES),
        EMFILE("24", OPENS),
        SHORT_WRITE("short", ",write,");

        private final String how;
        private final String calls;

        How(String how, String calls) {
            this.how = how;
            this.calls = calls;
        }

        /** All but to be killed. */
        static List<How> errors() {
            return Stream.of(values()).filter(how -> how != KILL).toList();
        }

        private boolean happensTo(Call call) {
            return calls.contains("," + call.name + ",");
        }

        boolean isNoSpace() {
            return this == ENOSPC || this == EDQUOT;
        }

        boolean isOfReads() {
            return calls.equals(",read,");
        }

        /** A disk that is full stays full, and a quota exceeded; most other errors pass. */
        boolean isLasting() {
            return isNoSpace() || this == EIO_ON_READ_FROM_THEN_ON || this == EIO_ON_SYNC_FROM_THEN_ON;
        }
    }

    /** What changes a file or a directory, and each opening. */
    private static final String CHANGES = ",open,create,mkdir,write,sync,rename,link,unlink,truncate,chmod,chown,";

    private static final String GROWS = ",create,mkdir,write,sync,rename,link,";
    private static final String NAMES = ",open,create,mkdir,rename,link,unlink,chmod,chown,";
    private static final String OPENS = ",open,create,";

    private Faults() {}

    /** A call that was hit, and what became of the program. */
    record Hit(String call, Tools.Ended ended) {}

    /**
     * Runs the program and hits the call of this number.
     *
     * @param directory real; calls on what is in it count
     * @param number from 1
     * @return null if the program made fewer calls, and the fault never happened
     */
    static Hit run(Path directory, Scenario scenario, How how, int number) {
        Path log = log(directory);
        Tools.Ended ended = lab(directory, how.calls + scenario.moreCalls(), how.how, number, how.isLasting())
                .run(scenario.command().toArray());
        try {
            List<String> hits = Files.readAllLines(log, StandardCharsets.ISO_8859_1);
            Files.delete(log);
            return hits.isEmpty() ? null : new Hit(hits.get(0), ended);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many calls there are that each error can happen to; threads make it vary by a few. */
    static Map<How, Integer> count(Path directory, Scenario scenario) {
        List<Call> calls = record(directory, scenario, CHANGES + "read," + scenario.moreCalls());
        Map<How, Integer> counts = new EnumMap<>(How.class);
        How.errors()
                .forEach(how -> counts.put(
                        how, (int) calls.stream().filter(how::happensTo).count()));
        return counts;
    }

    /** How many times it can be killed. */
    static int countKills(Path directory, Scenario scenario) {
        return record(directory, scenario, CHANGES + scenario.moreCalls()).size();
    }

    /**
     * A call of a run in which nothing was hit.
     *
     * @param failed whether it failed by itself, as a look for a file that is not there does
     * @param inode of the file that was opened, written, cut or forced
     * @param offset of a write; the new size, of truncate; whether a file was made, of create
     * @param length of a write; whether the file was emptied, of create
     * @param otherPath the new name, of link and rename
     * @param bytes what was written
     */
    record Call(
            String name,
            boolean failed,
            long inode,
            long offset,
            int length,
            String path,
            String otherPath,
            byte[] bytes) {}

    /** Runs the program to its end and writes down what its calls did, in their order. */
    static List<Call> record(Path directory, Scenario scenario, String calls) {
        Path log = log(directory);
        lab(directory, calls, "kill", 0, false)
                .run(scenario.command().toArray())
                .endsWith(scenario.exitCode());
        try {
            byte[] all = Files.readAllBytes(log);
            Files.delete(log);
            List<Call> recorded = new ArrayList<>();
            for (int at = 0; at < all.length; ) {
                int end = at;
                while (all[end] != '\n') {
                    end++;
                }
                String[] words = new String(all, at, end - at, StandardCharsets.UTF_8).split(" ", 5);
                String[] paths = words[4].split("\t");
                int length = Integer.parseInt(words[3]);
                at = end + 1;
                byte[] bytes = words[0].equals("write") ? Arrays.copyOfRange(all, at, at += length) : null;
                boolean failed = words[0].startsWith("-");
                recorded.add(new Call(
                        failed ? words[0].substring(1) : words[0],
                        failed,
                        Long.parseLong(words[1]),
                        Long.parseLong(words[2]),
                        length,
                        paths[0],
                        paths.length > 1 ? paths[1] : null,
                        bytes));
            }
            return recorded;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Lab lab(Path directory, String calls, String how, int number, boolean sticky) {
        return new Lab(directory)
                .with(Map.of(
                        "LD_PRELOAD",
                        library().toString(),
                        "FAULTS_ROOT",
                        directory.toString(),
                        "FAULTS_CALLS",
                        calls,
                        "FAULTS_HOW",
                        how,
                        "FAULTS_AT",
                        String.valueOf(number),
                        "FAULTS_STICKY",
                        sticky ? "1" : "0",
                        "FAULTS_LOG",
                        log(directory).toString()));
    }

    private static Path log(Path directory) {
        return directory.resolveSibling(directory.getFileName() + ".log");
    }

    private static synchronized Path library() {
        Tools.require("gcc");
        Path source = Path.of("src/test/c/faults.c");
        Path library = Path.of("target/faults.so").toAbsolutePath();
        Path made = library.resolveSibling("faults-" + ProcessHandle.current().pid() + ".so");
        try {
            if (!Files.exists(library)
                    || Files.getLastModifiedTime(library).compareTo(Files.getLastModifiedTime(source)) < 0) {
                Tools.run(List.of(
                                "gcc",
                                "-O2",
                                "-Wall",
                                "-Wextra",
                                "-Werror",
                                "-shared",
                                "-fPIC",
                                "-o",
                                made.toString(),
                                source.toString(),
                                "-ldl",
                                "-lpthread"))
                        .ok();
                Files.move(made, library, StandardCopyOption.ATOMIC_MOVE); // Another test process may want it too.
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return library;
    }
}
