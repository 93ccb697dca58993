package dev.sqlitebackup;

import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.run.RunLock;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * What a run leaves in its process: open files, threads that keep it from ending, and whatever the program's classes
 * remember. A process that ends takes it along, so only one that stays shows it.
 */
record Leftovers(List<String> all) {
    /** A thread may end a moment after the run that it worked for. */
    private static final int LOOKS = 100;

    private static final long BETWEEN_LOOKS_MILLIS = 10;
    /** Java opens these whenever it likes. */
    private static final List<String> OF_JAVA = List.of("/dev/", "/proc/", "/sys/", "/usr/", "/opt/", "/etc/");

    static Leftovers now() throws IOException, ReflectiveOperationException {
        List<String> all = new ArrayList<>();
        addOpenFiles(all);
        Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !thread.isDaemon())
                .forEach(thread -> all.add("the thread " + thread.getName()));
        addRemembered(all, Workspace.class, "OPEN");
        addRemembered(all, RunLock.class, "HELD");
        addRemembered(all, Interruption.class, "STOPPERS");
        return new Leftovers(all);
    }

    /** What is there now and was not before. */
    static List<String> since(Leftovers before) throws IOException, ReflectiveOperationException {
        List<String> left = List.of();
        for (int look = 0; look < LOOKS && (look == 0 || !left.isEmpty()); look++) {
            left = now().all;
            before.all.forEach(left::remove); // One for one.
            if (!left.isEmpty()) {
                Interruption.pause(BETWEEN_LOOKS_MILLIS);
            }
        }
        return left;
    }

    private static void addOpenFiles(List<String> all) throws IOException {
        String java = System.getProperty("java.home");
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                String file = target(descriptor);
                if (file.startsWith("/")
                        && !file.startsWith(java)
                        && OF_JAVA.stream().noneMatch(file::startsWith)) {
                    all.add("the open file " + file);
                }
            }
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            return ""; // Closed meanwhile: the one by which the directory is read, for one.
        }
    }

    private static void addRemembered(List<String> all, Class<?> owner, String name)
            throws ReflectiveOperationException {
        Field field = owner.getDeclaredField(name);
        field.setAccessible(true);
        Object value = field.get(null);
        Collection<?> elements = value instanceof Map<?, ?> map ? map.keySet() : (Collection<?>) value;
        elements.forEach(element -> all.add(owner.getSimpleName() + "." + name + ": " + element));
    }
}
