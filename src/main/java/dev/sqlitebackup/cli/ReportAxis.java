package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.Gap;
import dev.sqlitebackup.core.Report;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.BackupName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The backups of a database on a time axis, as numbers for an SVG: places along it in percent, so that it fits any
 * width, heights in pixels. More than fit side by side on a phone are put together in bins.
 *
 * @param summary what can be seen, in a sentence
 * @param increments whether there are any
 * @param deleting whether a prune would delete one that has a bar of its own
 * @param largest what the highest bar stands for
 * @param bars oldest first
 * @param chains a line for each full backup and what builds on it
 * @param bins the same as the bars in numbers; empty where each bar is one backup, and a list of them says all
 */
record ReportAxis(
        String summary,
        boolean increments,
        boolean deleting,
        String largest,
        List<Bar> bars,
        List<Line> chains,
        List<GapBox> gaps,
        List<ReportTicks.Tick> ticks,
        List<Bin> bins) {
    /** How many backups have a bar of their own. */
    private static final int MOST_BARS = 60;

    private static final int BINS = 80;
    /** More lines than this cannot be told apart on a phone. */
    private static final int MOST_CHAINS = 24;
    /** In pixels from the top of the SVG. */
    private static final int BASE = 140;

    private static final int HEIGHT = 108;
    /** A line for every other chain, so that two that meet are two. */
    private static final int CHAIN_LINE = 151;

    private static final int BETWEEN_CHAIN_LINES = 6;
    /** What a label needs of a phone's width, in percent. */
    private static final double LABELLED_GAP = 9;

    /**
     * A backup, or a bin.
     *
     * @param x its middle, in percent
     * @param full whether it is one full backup
     * @param increment whether it is one increment
     * @param binned null for a single backup
     * @param goes whether a prune would delete it
     */
    record Bar(
            String x, int y, int height, String title, boolean full, boolean increment, Stack binned, boolean goes) {}

    /** Full backups and increments of one bin, one over the other. */
    record Stack(String left, String width, int fullY, int fullHeight, int incrementsY, int incrementsHeight) {}

    record Line(String from, String to, int y) {}

    /** @param label null where there is no room for it */
    record GapBox(String from, String width, String middle, String label, String title) {}

    /** A part of the axis in which there are backups. */
    record Bin(ReportWords.Time from, ReportWords.Time to, long full, long increments, String size) {}

    static ReportAxis of(Report.OfDatabase database) {
        List<Report.Listed> oldestFirst = new ArrayList<>(database.backups());
        Collections.reverse(oldestFirst);
        ReportScale scale = ReportScale.of(oldestFirst, database.gaps());
        boolean binned = oldestFirst.size() > MOST_BARS;
        Map<Integer, List<Backup>> bins = binned ? bins(oldestFirst, scale) : Map.of();
        long largest = binned
                ? bins.values().stream().mapToLong(ReportAxis::bytes).max().orElse(1)
                : oldestFirst.stream()
                        .mapToLong(listed -> listed.backup().backupBytes())
                        .max()
                        .orElse(1);
        return new ReportAxis(
                summary(database, oldestFirst, binned),
                oldestFirst.stream().anyMatch(listed -> listed.backup().isIncrement()),
                !binned && oldestFirst.stream().anyMatch(ReportAxis::goes),
                Legible.size(largest),
                binned
                        ? bins.entrySet().stream()
                                .map(bin -> bar(bin.getKey(), bin.getValue(), scale, largest))
                                .toList()
                        : oldestFirst.stream()
                                .map(listed -> bar(listed, scale, largest))
                                .toList(),
                chains(oldestFirst, scale),
                database.gaps().stream().map(gap -> box(gap, scale)).toList(),
                ReportTicks.of(scale),
                bins.entrySet().stream()
                        .map(bin -> bin(bin.getKey(), bin.getValue(), scale))
                        .toList());
    }

    private static String summary(Report.OfDatabase database, List<Report.Listed> oldestFirst, boolean binned) {
        List<Backup> backups = oldestFirst.stream().map(Report.Listed::backup).toList();
        return ReportWords.kinds(backups) + ", from "
                + ReportWords.time(backups.get(0).createdAt()) + " to "
                + ReportWords.time(database.newest().createdAt()) + " UTC, "
                + ReportWords.sizeOf(backups) + " in all, "
                + (database.gaps().isEmpty()
                        ? "no gap"
                        : ReportWords.count(database.gaps().size(), "gap")) + ". "
                + (binned
                        ? "Each bar is the size of all backups of a part of the time."
                        : "Each bar is a backup, as high as it is large.")
                + " The tables below say the same.";
    }

    private static Map<Integer, List<Backup>> bins(List<Report.Listed> oldestFirst, ReportScale scale) {
        Map<Integer, List<Backup>> bins = new LinkedHashMap<>();
        oldestFirst.forEach(
                listed -> bins.computeIfAbsent(scale.part(listed.backup().createdAt(), BINS), bin -> new ArrayList<>())
                        .add(listed.backup()));
        return bins;
    }

    private static long bytes(List<Backup> backups) {
        return backups.stream().mapToLong(Backup::backupBytes).sum();
    }

    private static Bar bar(Report.Listed listed, ReportScale scale, long largest) {
        Backup backup = listed.backup();
        int height = height(backup.backupBytes(), largest);
        return new Bar(
                scale.percent(backup.createdAt()),
                BASE - height,
                height,
                ReportWords.time(backup.createdAt()) + ", " + (backup.isIncrement() ? "increment" : "full backup")
                        + ", " + Legible.size(backup.backupBytes()),
                !backup.isIncrement(),
                backup.isIncrement(),
                null,
                goes(listed));
    }

    private static boolean goes(Report.Listed listed) {
        return listed.decision() != null && !listed.decision().kept();
    }

    private static Bar bar(int bin, List<Backup> backups, ReportScale scale, long largest) {
        int height = height(bytes(backups), largest);
        int fullHeight = Math.min(
                height,
                height(
                        backups.stream()
                                .filter(backup -> !backup.isIncrement())
                                .mapToLong(Backup::backupBytes)
                                .sum(),
                        largest));
        Stack stack = new Stack(
                scale.startOf(bin, BINS),
                scale.widthOf(BINS),
                BASE - fullHeight,
                fullHeight,
                BASE - height,
                height - fullHeight);
        Bin numbers = bin(bin, backups, scale);
        return new Bar(
                stack.left,
                BASE - height,
                height,
                "from " + numbers.from.text() + " to " + numbers.to.text() + ": " + ReportWords.kinds(backups) + ", "
                        + numbers.size,
                false,
                false,
                stack,
                false);
    }

    /** Never so small that it is not seen. */
    private static int height(long bytes, long largest) {
        return bytes == 0 ? 0 : (int) Math.max(2, Math.round((double) HEIGHT * bytes / Math.max(1, largest)));
    }

    private static Bin bin(int bin, List<Backup> backups, ReportScale scale) {
        long increments = backups.stream().filter(Backup::isIncrement).count();
        return new Bin(
                ReportWords.Time.of(scale.time(bin, BINS)),
                ReportWords.Time.of(scale.time(bin + 1, BINS)),
                backups.size() - increments,
                increments,
                ReportWords.sizeOf(backups));
    }

    private static List<Line> chains(List<Report.Listed> oldestFirst, ReportScale scale) {
        Map<BackupName.Moment, Instant> lastOf = new LinkedHashMap<>();
        oldestFirst.stream()
                .filter(listed -> listed.chain().members().size() > 1)
                .forEach(listed -> lastOf.put(
                        listed.chain().full().moment(), listed.backup().createdAt()));
        List<Line> lines = new ArrayList<>();
        lastOf.forEach((full, last) -> lines.add(new Line(
                scale.percent(full.createdAt()),
                scale.percent(last),
                CHAIN_LINE + lines.size() % 2 * BETWEEN_CHAIN_LINES)));
        return lines.size() > MOST_CHAINS ? List.of() : lines;
    }

    private static GapBox box(Gap gap, ReportScale scale) {
        double width = scale.place(gap.to()) - scale.place(gap.from());
        Duration length = gap.length();
        return new GapBox(
                scale.percent(gap.from()),
                ReportScale.percent(width),
                ReportScale.percent(scale.place(gap.from()) + width / 2),
                width < LABELLED_GAP ? null : Legible.age(length),
                ReportSection.gap(gap));
    }
}
