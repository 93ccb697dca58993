package dev.sqlitebackup.archive;

/**
 * How a backup is compressed.
 *
 * @param level 1 (fastest) to 9 (smallest)
 * @param threads number of threads, to compress and to read back
 */
public record Compression(int level, int threads) {}
