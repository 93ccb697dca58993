import static java.util.Map.entry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes the figures of the last {@code make torture} (target/torture/*.tsv) into docs/reliability.md, each table
 * between a comment with its name and the next comment "end". Run as a source file; fails if a table has no figures.
 */
class Report {
    private static final Path DOCUMENT = Path.of("docs/reliability.md");
    private static final Path FIGURES = Path.of("target/torture");
    private static final Pattern TABLE = Pattern.compile("<!-- ([\\w-]+) -->\\n.*?<!-- end -->", Pattern.DOTALL);
    private static final Map<String, String> HEADERS = Map.ofEntries(
            entry("crash", "command\tsystem calls\tkilled before, and survived"),
            entry("errors", "error\tinjected\tended with the right code and one line\trecovered: a true success"),
            entry("power", "command\tcalls that change something\tstates of the disk, all in order\trun again on"),
            entry(
                    "bytes",
                    "backup\tbytes\tbits flipped\tof these harmless: identical content\tcut to another length, "
                            + "all refused"),
            entry("edits", "what\tbackups, each restored byte for byte\tof these increments"),
            entry("hostile", "what\toutcome"),
            entry("fuzz", "target\tinputs\taccepted, all as gunzip reads them"),
            entry("contention", "writer\twhile\tmedian µs\t99th percentile µs\tmaximum µs\tcommits\terrors"),
            entry(
                    "contention-at-once",
                    "journal mode\tbackups and restores, ten at a time\tsucceeded\tbusy (11)\tin use (13)"),
            entry("contention-exclusive", "journal mode\twhile it is held\tafter"),
            entry(
                    "nothing-to-do",
                    "file system\tjournal mode\tcommits at a random moment\truns that compared"
                            + "\truns that had nothing to do\tcommits missed"),
            entry("names", "seen by the backup under\ta writer that\truns\tcomplete\trefused (1)\texceptions"),
            entry(
                    "users",
                    "run as\tsituations\tcommands\trefused with a clear error\tthe application could write afterwards"),
            entry("not-ours", "what is there\tcommands\toutcome"),
            entry("mutants", "package\tmutants\tkilled\tsurvived, with a reason"),
            entry("java", "Java\ttests on the packaged program"));

    public static void main(String[] args) throws IOException {
        Matcher table = TABLE.matcher(Files.readString(DOCUMENT));
        String text = table.replaceAll(found ->
                Matcher.quoteReplacement("<!-- " + found.group(1) + " -->\n" + table(found.group(1)) + "<!-- end -->"));
        Files.writeString(DOCUMENT, text);
    }

    private static String table(String name) {
        if (name.equals("run")) {
            return "Made by `make torture` on " + LocalDate.now() + ": "
                    + Runtime.getRuntime().availableProcessors() + " cores, " + System.getProperty("os.name") + " "
                    + System.getProperty("os.version") + ", Java " + System.getProperty("java.version") + ".\n";
        }
        List<String[]> rows = new ArrayList<>();
        rows.add(HEADERS.get(name).split("\t"));
        rows.add("-".repeat(rows.get(0).length).split(""));
        rows.addAll(name.equals("errors") ? errors() : rows(name));
        StringBuilder lines = new StringBuilder();
        for (String[] row : rows) {
            lines.append("| ").append(String.join(" | ", row)).append(" |\n");
        }
        return lines.toString();
    }

    private static List<String[]> rows(String name) {
        try {
            return Files.readAllLines(FIGURES.resolve(name + ".tsv")).stream()
                    .map(line -> line.split("\t"))
                    .toList();
        } catch (IOException e) {
            throw new IllegalStateException("no figures of " + name + ": run make torture to its end", e);
        }
    }

    /** The sum over all commands. */
    private static List<String[]> errors() {
        Map<String, int[]> sums = new LinkedHashMap<>();
        for (String[] row : rows("errors")) {
            int[] sum = sums.computeIfAbsent(row[1], error -> new int[2]);
            sum[0] += Integer.parseInt(row[3]);
            sum[1] += Integer.parseInt(row[4]);
        }
        return sums.entrySet().stream()
                .map(e -> new String[] {
                    e.getKey(), "" + (e.getValue()[0] + e.getValue()[1]), "" + e.getValue()[0], "" + e.getValue()[1]
                })
                .toList();
    }
}
