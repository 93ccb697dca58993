package dev.sqlitebackup.sqlite;

import java.nio.file.Path;
import java.util.function.Consumer;

/** A safety copy that stays where it is made. */
record KeptAs(Path file, Consumer<Path> whenComplete) implements SafetyCopy {
    KeptAs(Path file) {
        this(file, copy -> {});
    }

    @Override
    public Kept keep() {
        whenComplete.accept(file);
        return new Kept(file, "undo");
    }
}
