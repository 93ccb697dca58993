package dev.sqlitebackup;

/** Hears how far a run has come. Calls come from one thread at a time and cost next to nothing. */
public interface Progress {
    Progress NONE = new Progress() {
        @Override
        public void phase(String name, long totalBytes) {}

        @Override
        public void at(long doneBytes) {}
    };

    /** A new phase begins. {@code totalBytes} is how much there is to do, or -1 where nobody knows. */
    void phase(String name, long totalBytes);

    /** So much of the current phase is done. */
    void at(long doneBytes);
}
