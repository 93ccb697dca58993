package dev.sqlitebackup.store;

import java.time.Duration;

/**
 * How long nobody may delete or replace what is sent to a store, from then on.
 *
 * @param compliance whether not even who may bypass it, which is the mode COMPLIANCE; else GOVERNANCE
 */
public record ObjectLock(boolean compliance, Duration duration) {}
