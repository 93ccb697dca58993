package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class HintsTest {
    @Test
    void areCommandsThatAShellUnderstandsAsTheyAre() {
        assertEquals("sqlite-backup backup /a-b/c_d.db --to=s3://b/p,q/", Hints.command("backup", "/a-b/c_d.db", "--to=s3://b/p,q/"));
        assertEquals("sqlite-backup list 'my backups/a b.gz'", Hints.command("list", "my backups/a b.gz"));
        assertEquals("sqlite-backup list 'it'\\''s.gz' ''", Hints.command("list", "it's.gz", ""));
        assertEquals("sqlite-backup list '$HOME' '`x`' 'ü.gz'", Hints.command("list", "$HOME", "`x`", "ü.gz"));
    }
}
