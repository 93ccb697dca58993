package dev.sqlitebackup.store;

/** A run's turn at a destination, and the right to say when a backup was last found current. */
public interface StateLock extends AutoCloseable {
    /** @throws dev.sqlitebackup.Failure if it cannot be noted */
    void write(State state);

    @Override
    void close();
}
