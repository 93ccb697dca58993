package dev.sqlitebackup.cli;

/** What a value of a configuration file may be. */
enum ConfigurationType {
    PATH("a path, such as \"/srv/app.db\""),
    PLACE("a place for backups, such as \"/mnt/nas/backups/\""),
    COUNT("a number from 0 up", 0, Integer.MAX_VALUE),
    LEVEL(1, BackupCommand.MAX_LEVEL),
    THREADS(1, BackupCommand.MAX_THREADS),
    DURATION("a duration, such as \"24h\": a whole number and s, m, h, d or w"),
    WITHIN("a duration, such as \"26w\": a whole number and h, d or w"),
    TEXT("text in quotes"),
    FLAG("true or false");

    private final String wanted;
    private final int least;
    private final int most;

    ConfigurationType(String wanted) {
        this(wanted, 0, 0);
    }

    ConfigurationType(int least, int most) {
        this("a number from " + least + " to " + most, least, most);
    }

    ConfigurationType(String wanted, int least, int most) {
        this.wanted = wanted;
        this.least = least;
        this.most = most;
    }

    /** In words. */
    String wanted() {
        return wanted;
    }

    /**
     * @param value of the file
     * @throws ClassCastException if it is no whole number
     * @throws ArithmeticException if it is beyond its bounds
     */
    int number(Object value) {
        int number = Math.toIntExact((Long) value);
        if (number < least || number > most) {
            throw new ArithmeticException();
        }
        return number;
    }
}
