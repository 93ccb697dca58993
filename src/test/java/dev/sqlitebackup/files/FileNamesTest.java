package dev.sqlitebackup.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileNamesTest {
    /** One, two, three and four bytes a letter. */
    @ParameterizedTest
    @ValueSource(strings = {"a", "\u00e9", "\u20ac", "\ud83d\ude00"})
    void cutsBetweenLettersAlwaysInTheSameWayAndTellsNamesApart(String letter) {
        int letterBytes = FileNames.sizeBytes(letter);
        for (int letters = 1; letters <= 300 / letterBytes; letters++) {
            String name = letter.repeat(letters);
            String cut = FileNames.cut(name, 208);
            assertTrue(FileNames.sizeBytes(cut) <= 208, cut);
            assertEquals(cut, FileNames.cut(name, 208));
            if (letters * letterBytes <= 208) {
                assertEquals(name, cut);
            } else {
                assertTrue(
                        cut.matches("(" + letter + ")+~[0-9a-f]{16}") && FileNames.sizeBytes(cut) > 208 - letterBytes,
                        cut);
                assertNotEquals(cut, FileNames.cut(name + letter, 208));
            }
        }
    }
}
