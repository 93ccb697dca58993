package dev.sqlitebackup.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is said of each of several targets, one after the other: {@link Output} says it here, and not alone. */
final class Results {
    private final List<Map<String, Object>> all = new ArrayList<>();
    private Target target;
    private int begun;

    void begin(Target next) {
        target = next;
        begun = all.size();
    }

    /**
     * Takes how the target's run has ended; a second word of it, which is that the first could not be printed, counts.
     *
     * @param object as it would be printed of one alone
     */
    void add(Map<String, Object> object) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("name", target.name());
        result.put("database", Reporter.text(target.database()));
        result.put("destination", Reporter.text(target.place()));
        result.putAll(object);
        result.remove("command");
        all.subList(begun, all.size()).clear();
        all.add(result);
    }

    /** A line of the target's, for people. */
    String line(String text) {
        return target.name() + ": " + text;
    }

    /** Of an object's results, a line for each that failed. */
    static List<String> failures(Map<String, Object> fields) {
        List<String> lines = new ArrayList<>();
        if (fields.get("results") instanceof List<?> results) {
            for (Object result : results) {
                if (result instanceof Map<?, ?> of && of.get("name") != null && of.get("message") != null) {
                    lines.add(of.get("name") + ": " + of.get("message"));
                }
            }
        }
        return lines;
    }

    /** In the order of the targets: {@code name}, {@code database}, {@code destination}, and what one alone gives. */
    List<Map<String, Object>> all() {
        return all;
    }
}
