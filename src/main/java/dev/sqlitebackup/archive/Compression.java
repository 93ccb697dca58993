package dev.sqlitebackup.archive;

/**
 * How a backup is compressed.
 *
 * @param level 1 (fastest) to 9 (smallest)
 * @param threads how many compress, and decompress what is read back
 */
public record Compression(int level, int threads) {}
