package dev.sqlitebackup.testing;

import java.io.IOException;
import java.nio.file.Path;

/** A process that has a file open and does nothing with it, as an application that sits idle: no lock shows it. */
public final class Holder implements AutoCloseable {
    private final Process process;

    public Holder(Path file) throws IOException {
        process = new ProcessBuilder("bash", "-c", "exec 3<\"$1\"; echo ready; read -r", "sh", file.toString()).start();
        if (process.getInputStream().read() < 0) {
            throw new IOException("it could not open " + file);
        }
    }

    public long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
