package dev.sqlitebackup.store;

/**
 * Which names belong together: those of the backups of one database, whose runs take turns. Said by who knows what
 * names mean.
 */
public interface Families {
    /** Each name is one. */
    Families NONE = new Families() {
        @Override
        public String of(String name) {
            return name;
        }

        @Override
        public String prefix(String name) {
            return name;
        }
    };

    /** What a family is called: one name may not be in two. */
    String of(String name);

    /** A common beginning of all names of the family; names of others may begin with it too. */
    String prefix(String name);
}
