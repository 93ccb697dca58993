package dev.sqlitebackup.sqlite;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Rows that belong to those that come back, and are left as they are or not brought back: said, so that nobody takes
 * for whole what is not. To be asked when the rows are in the database.
 */
final class LeftAlone {
    private static final int MOST_NAMED = 3;

    private final SqliteConnection connection;
    private final References references;

    LeftAlone(SqliteConnection connection, References references) {
        this.connection = connection;
        this.references = references;
    }

    /** What there is to know of them, a sentence each. */
    List<String> warnings() throws SQLException {
        List<String> warnings = new ArrayList<>(references.warnings());
        for (ForeignKey key : references.keys()) {
            LostTable child = referring(key);
            String isThere = child == null ? null : child.missing().isThere(refersElsewhere(child, key, true));
            if (child != null && isThere == null) {
                isThere = references.detached(key, child).orElse("FALSE");
            }
            long rows = child == null ? 0 : connection.count(referredTo(child, key) + isThere);
            if (rows > 0) {
                warnings.add(References.rows(rows) + " of table " + child.name() + " referred to them by "
                        + String.join(", ", key.columns()) + " and no longer " + (rows == 1 ? "does" : "do")
                        + ": left as " + (rows == 1 ? "it is" : "they are"));
            }
        }
        warnings.addAll(otherParents());
        warnings.addAll(dangling());
        return warnings;
    }

    /** Rows that referred to one that comes back, and do not come with it: there is another row of that key. */
    List<String> keysTaken() throws SQLException {
        List<String> sentences = new ArrayList<>();
        for (ForeignKey key : references.keys()) {
            LostTable child = referring(key);
            String isThere = child == null ? null : child.missing().isThere(refersElsewhere(child, key, false));
            long rows = isThere == null ? 0 : connection.count(referredTo(child, key) + isThere);
            if (rows > 0) {
                String which = String.join(
                        "; ",
                        connection.query(
                                "SELECT " + child.telling("o") + " FROM " + referredTo(child, key) + isThere + " LIMIT "
                                        + MOST_NAMED,
                                row -> row.getString(1)));
                sentences.add(References.rows(rows) + " of table " + child.name() + " that referred to them by "
                        + String.join(", ", key.columns()) + (rows == 1 ? " is" : " are")
                        + " not back: of that key there is another row now, or one that was changed (" + which
                        + (rows > MOST_NAMED ? "; …" : "") + ")");
            }
        }
        return sentences;
    }

    /** @return the table whose rows refer to some that were chosen, null if there is none */
    private LostTable referring(ForeignKey key) {
        LostTable parent = references.known(key.parent());
        LostTable child = references.known(key.child());
        return parent == null
                        || parent.rows() == 0
                        || child == null
                        || !child.columns().containsAll(key.columns())
                ? null
                : child;
    }

    private String referredTo(LostTable child, ForeignKey key) throws SQLException {
        return references.referring(references.known(key.parent()), child.old(), key) + " WHERE ";
    }

    /** @param alone whether nothing else of the row is another than in the backup, but what it refers to */
    private String refersElsewhere(LostTable child, ForeignKey key, boolean alone) {
        String differs = Sql.all(
                key.columns().stream()
                        .map(Sql::name)
                        .map(column -> "l." + column + " IS NOT o." + column)
                        .toList(),
                "OR");
        List<String> ofKeys = references.keys().stream()
                .filter(other -> other.isOf(child.name()))
                .flatMap(other -> other.columns().stream())
                .toList();
        return "(" + differs + ") AND " + (alone ? "" : "NOT ") + child.same(ofKeys);
    }

    /** Of rows that come back: what they refer to has their key, and may be another row than it was. */
    private List<String> otherParents() throws SQLException {
        List<String> sentences = new ArrayList<>();
        for (ForeignKey key : references.keys()) {
            LostTable child = references.known(key.child());
            LostTable parent = child == null || child.rows() == 0 ? null : references.table(key.parent());
            String isOther = parent == null ? null : parent.missing().isThere("NOT " + parent.same(List.of()));
            List<String> which = isOther == null
                    ? List.of()
                    : connection.query(
                            "SELECT DISTINCT " + parent.telling("o") + " FROM " + child.chosenRows("c") + " CROSS JOIN "
                                    + parent.old().from("o") + " ON " + key.matched("c", "o") + " WHERE " + isOther
                                    + " LIMIT " + (MOST_NAMED + 1),
                            row -> row.getString(1));
            if (!which.isEmpty()) {
                sentences.add("rows of table " + child.name() + " refer to what has other values than in the backup, "
                        + "and may be another row of that key: table " + parent.name() + ", "
                        + which.stream().limit(MOST_NAMED).collect(Collectors.joining("; "))
                        + (which.size() > MOST_NAMED ? "; …" : ""));
            }
        }
        return sentences;
    }

    /**
     * Chosen rows that refer to nothing, as they do in the backup.
     *
     * @return a sentence each
     */
    private List<String> dangling() throws SQLException {
        List<String> sentences = new ArrayList<>();
        for (ForeignKey key : references.keys()) {
            LostTable child = references.known(key.child());
            long rows = child == null || child.rows() == 0 ? 0 : child.count(dangles(key));
            if (rows > 0) {
                sentences.add(
                        References.rows(rows) + " of table " + child.name() + (rows == 1 ? " refers by " : " refer by ")
                                + String.join(", ", key.columns()) + " to nothing in table " + key.parent()
                                + ", as in the backup");
            }
        }
        return sentences;
    }

    private String dangles(ForeignKey key) {
        String inBackup = References.refersToNothing("o", key, LiveAndBackup.BACKUP);
        return references.isLive(key.parent())
                ? inBackup + " AND " + References.refersToNothing("o", key, LiveAndBackup.LIVE)
                : inBackup;
    }

    /**
     * What refers to rows that were asked for and are there, and is missing: it comes back by its own table.
     *
     * @param asked rows {@code x} of the backup, and few
     */
    List<String> stillMissing(LostTable table, String asked) throws SQLException {
        List<String> sentences = new ArrayList<>();
        for (ForeignKey key : references.keys()) {
            LostTable child =
                    key.refersTo(table.name()) && !key.isOf(table.name()) ? references.table(key.child()) : null;
            long rows = child == null
                    ? 0
                    : connection.count(
                            child.old().from("o") + " WHERE " + child.missing().condition()
                                    + references
                                            .detached(key, child)
                                            .map(condition -> " AND NOT " + condition)
                                            .orElse("")
                                    + " AND EXISTS (SELECT 1 FROM " + asked + " WHERE " + key.matched("o", "x") + ")");
            if (rows > 0) {
                sentences.add(References.rows(rows) + " of table " + child.name()
                        + " that refer to a row which was asked " + "for and is there " + (rows == 1 ? "is" : "are")
                        + " missing: back by --table=" + child.name());
            }
        }
        return sentences;
    }
}
