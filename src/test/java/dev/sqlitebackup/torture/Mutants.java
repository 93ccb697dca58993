import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Holds what pitest found (target/pit-reports/mutations.xml) against src/test/pitest-survivors.txt, where every mutant
 * that no test notices has a reason. Notes the figures for docs/reliability.md, and fails if one has none. Run as a
 * source file by {@code make mutants}.
 *
 * <p>A mutant goes by its file, what was changed, and the text of the line, so that it is known again when lines move:
 *
 * <pre>
 * # The reason, for the mutants below it.
 * core/BackupService.java[tab]removed call to dev/sqlitebackup/Interruption::check[tab]Interruption.check();
 * </pre>
 */
class Mutants {
    private static final Path FOUND = Path.of("target/pit-reports/mutations.xml");
    private static final Path REASONS = Path.of("src/test/pitest-survivors.txt");
    private static final Path FIGURES = Path.of("target/torture/mutants.tsv");
    private static final Path SOURCES = Path.of("src/main/java");
    private static final String ROOT = "dev.sqlitebackup.";

    private final Map<String, List<String>> sources = new HashMap<>();

    public static void main(String[] args) throws Exception {
        System.exit(new Mutants().check() ? 0 : 1);
    }

    private boolean check() throws Exception {
        List<String> withReason = withReason();
        List<String> withoutReason = new ArrayList<>();
        Map<String, int[]> counts = new TreeMap<>();
        NodeList mutants = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(FOUND.toFile())
                .getElementsByTagName("mutation");
        for (int i = 0; i < mutants.getLength(); i++) {
            Element mutant = (Element) mutants.item(i);
            String name = text(mutant, "mutatedClass");
            int[] count = counts.computeIfAbsent(name.substring(ROOT.length(), name.lastIndexOf('.')), p -> new int[3]);
            count[0]++;
            if (mutant.getAttribute("detected").equals("true")) {
                count[1]++;
                continue;
            }
            count[2]++;
            String survivor = describe(mutant, name);
            if (!withReason.remove(survivor)) {
                withoutReason.add(survivor);
            }
        }
        List<String> rows = counts.entrySet().stream()
                .map(e -> e.getKey() + "\t" + e.getValue()[0] + "\t" + e.getValue()[1] + "\t" + e.getValue()[2])
                .toList();
        Files.createDirectories(FIGURES.getParent());
        Files.write(FIGURES, rows);
        System.out.println("package\tmutants\tkilled\tsurvived");
        rows.forEach(System.out::println);
        withReason.forEach(mutant -> System.out.println("no longer survives: " + mutant));
        withoutReason.forEach(mutant -> System.out.println("survived without a reason: " + mutant));
        return withoutReason.isEmpty() && mutants.getLength() > 0;
    }

    private static List<String> withReason() throws IOException {
        List<String> survivors = new ArrayList<>();
        boolean reason = false;
        for (String line : Files.readAllLines(REASONS)) {
            if (line.startsWith("#")) {
                reason = true;
            } else if (line.isEmpty()) {
                reason = false;
            } else if (reason) {
                survivors.add(line);
            } else {
                throw new IllegalStateException("no reason stands before: " + line);
            }
        }
        return survivors;
    }

    private String describe(Element mutant, String className) throws IOException {
        String directory = className.substring(0, className.lastIndexOf('.')).replace('.', '/');
        Path source = SOURCES.resolve(directory).resolve(text(mutant, "sourceFile"));
        List<String> lines = sources.get(source.toString());
        if (lines == null) {
            lines = Files.readAllLines(source);
            sources.put(source.toString(), lines);
        }
        String line =
                lines.get(Integer.parseInt(text(mutant, "lineNumber")) - 1).strip();
        return directory.substring(ROOT.length()) + "/" + source.getFileName() + "\t"
                + text(mutant, "description").replace("dev/sqlitebackup/", "") + "\t" + line;
    }

    private static String text(Element mutant, String tag) {
        return mutant.getElementsByTagName(tag).item(0).getTextContent();
    }
}
