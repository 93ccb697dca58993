package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What somebody sees of a page in a real browser, from {@code file://}: measured by a page beside it
 * (report-measured.html), which holds it in a frame of each width.
 */
class ReportBrowserIT {
    private static final Pattern RESULT = Pattern.compile("<pre id=\"result\">(.*?)</pre>", Pattern.DOTALL);
    private static final int DARK = 0;
    private static final int LIGHT = 1;
    private static final double READABLE = 4.5;

    @TempDir
    Path directory;

    @BeforeEach
    void requireBrowser() {
        Tools.require("chromium");
    }

    private List<JsonObject> measured(String page, int scheme) throws IOException {
        Files.writeString(directory.resolve("report.html"), page);
        try (InputStream measuring = ReportBrowserIT.class.getResourceAsStream("report-measured.html")) {
            Files.write(directory.resolve("measured.html"), measuring.readAllBytes());
        }
        Tools.Ended ended = Tools.run(List.of(
                        "chromium",
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--hide-scrollbars",
                        "--allow-file-access-from-files",
                        "--user-data-dir=" + directory.resolve("browser"),
                        "--blink-settings=preferredColorScheme=" + scheme,
                        "--dump-dom",
                        directory.resolve("measured.html").toUri().toString()))
                .ok();
        Matcher result = RESULT.matcher(ended.out());
        assertTrue(result.find(), () -> ended.out() + ended.err());
        JsonArray widths = JsonParser.parseString(result.group(1)
                        .replace("&lt;", "<")
                        .replace("&gt;", ">")
                        .replace("&amp;", "&"))
                .getAsJsonArray();
        assertEquals(2, widths.size());
        return widths.asList().stream().map(JsonElement::getAsJsonObject).toList();
    }

    private static String pages(String name) {
        return switch (name) {
            case "none" -> ReportPages.page(ReportPages.report());
            case "ten" -> ReportPages.many(10);
            case "many" -> ReportPages.many(10_000);
            default -> ReportPages.hostile();
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "ten", "many", "hostile"})
    void itIsReadableOnAPhoneAndOnADesktopInLightAndDark(String name) throws IOException {
        String page = pages(name);
        double light = looked(page, LIGHT);
        double dark = looked(page, DARK);
        assertTrue(light > 0.9 && dark < 0.1, () -> "the page is as light as " + light + " and " + dark);
    }

    /** @return how light the page is, from 0 to 1 */
    private double looked(String page, int scheme) throws IOException {
        double light = Double.NaN;
        for (JsonObject at : measured(page, scheme)) {
            int width = at.get("width").getAsInt();
            assertEquals(width, at.get("scrollWidth").getAsInt(), () -> "scrolls sideways: " + at.get("widest"));
            assertTrue(at.get("texts").getAsInt() > 5, at::toString);
            assertTrue(at.get("contrast").getAsDouble() >= READABLE, () -> "contrast of " + at.get("palest"));
            assertEquals(new JsonArray(), at.get("problems"), () -> "at " + width);
            light = at.get("light").getAsDouble();
        }
        return light;
    }

    /** A measure that finds nothing wrong with anything proves nothing. */
    @Test
    void whatIsWrongWouldBeFound() throws IOException {
        String page = ReportPages.many(10)
                .replace("--quiet: #56616c", "--quiet: #aaaaaa")
                .replaceFirst("<caption>.*?</caption>", "")
                .replaceFirst("scope=\"col\"", "")
                .replaceFirst("<h2 (.*?)</h2>", "<h4 $1</h4>")
                .replaceFirst("tabindex=\"0\"", "")
                .replaceFirst("<p class=\"quiet\">", "<p style=\"width:100rem;max-width:none\">")
                .replace("</body>", "<img src=\"elsewhere.png\" alt=\"\"></body>")
                .replace("outline: 3px", "outline: 0px");
        JsonObject phone = measured(page, LIGHT).get(0);
        assertTrue(phone.get("scrollWidth").getAsInt() > 360);
        assertTrue(phone.get("contrast").getAsDouble() < READABLE);
        String problems = phone.get("problems").toString();
        for (String problem : List.of(
                "no caption",
                "no scope",
                "h1 is followed by",
                "scrolls without focus",
                "focus is not seen",
                "asks for something")) {
            assertTrue(problems.contains(problem), problems);
        }
    }
}
