package dev.sqlitebackup.core;

/**
 * What a restore would change, row by row.
 *
 * @param difference between what is to replace the database (OLD) and the database as it is (NEW); null where they
 *     could not be compared
 * @param whyNot why they could not, else null
 */
public record Compared(Difference difference, String whyNot) {}
