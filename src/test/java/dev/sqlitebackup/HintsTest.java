package dev.sqlitebackup;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HintsTest {
    private static final List<String> PROGRAM = List.of("sqlite-backup");

    @AfterEach
    void forget() {
        Hints.startedAs(PROGRAM, null);
    }

    @Test
    void areCommandsThatAShellUnderstandsAsTheyAre() {
        assertEquals(
                "sqlite-backup backup /a-b/c_d.db --to=s3://b/p,q/",
                Hints.command("backup", "/a-b/c_d.db", "--to=s3://b/p,q/"));
        assertEquals("sqlite-backup list '/my backups/a b.gz'", Hints.command("list", "/my backups/a b.gz"));
        assertEquals("sqlite-backup list '/it'\\''s.gz'", Hints.command("list", "/it's.gz"));
        assertEquals("sqlite-backup list '/$HOME' '/`x`' '/ü.gz'", Hints.command("list", "/$HOME", "/`x`", "/ü.gz"));
        assertEquals(
                "sqlite-backup list $'/a\\012b\\'c\\\\' '--name=~x'", Hints.command("list", "/a\nb'c\\", "--name=~x"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a b",
                "it's",
                "$HOME",
                "`id`",
                "a\nb",
                "\n",
                "\t'\"\\",
                "a\u00857",
                "-rf",
                "~",
                "~root/x",
                "*",
                "!!",
                "#",
                "a\u202eb\u2028c",
                "ü😀",
                "a\u001b[31mb",
                ""
            })
    void areQuotedSoThatAShellReadsTheSameWord(String word) {
        Tools.require("bash");
        assertEquals(
                word + "|", Tools.sh("printf '%s|' " + Hints.quoted(word)).ok().out());
        assertEquals(
                Hints.quoted(word),
                Hints.quoted(word).replaceAll("[\\p{Cntrl}\\p{Cf}\\p{Zl}\\p{Zp}]", "?"),
                "no terminal gets what it would obey, and no line is cut in two");
    }

    @Test
    void namePathsThatLeadThereFromAnyDirectory() {
        Path here = Path.of("").toAbsolutePath();
        assertEquals(
                String.join(" ", "sqlite-backup restore", here + "/-odd.db.gz", "--to=" + here.resolve("b.db")),
                Hints.command("restore", "./-odd.db.gz", "--to=./b.db"));
        assertEquals(
                "sqlite-backup backup '" + here + "/~' --to=" + here + "/h/", Hints.command("backup", "~", "--to=h/"));
        assertEquals(
                "sqlite-backup list " + here + "/../x",
                Hints.command("list", "../x"),
                "a link before the dots would lead elsewhere");
        assertEquals(
                "sqlite-backup list / s3://b/ - --safety-dir=" + here + "/s",
                Hints.command("list", "/", "s3://b/", "-", "--safety-dir=s"));
    }

    @Test
    void beginAsTheProgramWasStarted() {
        Hints.startedAs(List.of("java", "-jar", "/my jars/sqlite-backup.jar"), null);
        assertEquals("java -jar '/my jars/sqlite-backup.jar' undo /a.db", Hints.command("undo", "/a.db"));
    }

    @Test
    void nameMakesTargetsWhereMakeStartedItAndCarriesTheValues() {
        Hints.startedAs(List.of("/p/scripts/sqlite-backup"), "/p q");
        assertEquals(
                "make -C '/p q' backup-db DB=/a.db 'TO=/h h/' 'ARGS=--name=x --allow-shrink'",
                Hints.command("backup", "/a.db", "--to=/h h/", "--name=x", "--allow-shrink"));
        assertEquals("make -C '/p q' restore-db DB=/a.db TO=/b.gz", Hints.command("restore", "/b.gz", "--to=/a.db"));
        assertEquals("/p/scripts/sqlite-backup undo /a.db", Hints.command("undo", "/a.db"));
        assertEquals("/p/scripts/sqlite-backup backup --help", Hints.command("backup", "--help"));
        for (String uncarried : List.of("/$HOME", "/a\\", "/a\nb")) {
            assertEquals(
                    "/p/scripts/sqlite-backup restore /b.gz " + Hints.quoted("--to=" + uncarried),
                    Hints.command("restore", "/b.gz", "--to=" + uncarried));
        }
        assertEquals(
                "/p/scripts/sqlite-backup backup /a.db --to=/h/ '--name=a b'",
                Hints.command("backup", "/a.db", "--to=/h/", "--name=a b"),
                "the shell in make would read two words");
    }

    /** Only the examples of the help texts, which are indented, call it so. */
    @Test
    void noMessageNamesTheProgramByItself() throws IOException {
        Pattern named =
                Pattern.compile("\"(?!  )[^\"]*sqlite-backup (backup|restore|undo|list|verify|status|prune|report)\\b");
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
            List<String> lines = sources.filter(file -> file.toString().endsWith(".java"))
                    .flatMap(file ->
                            lines(file).filter(line -> named.matcher(line).find()))
                    .toList();
            assertEquals(List.of(), lines);
        }
    }

    private static Stream<String> lines(Path file) {
        try {
            return Files.readAllLines(file).stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
