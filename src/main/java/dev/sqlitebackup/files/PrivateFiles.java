package dev.sqlitebackup.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * Files that nobody else can read from their first byte on. Where there are no POSIX modes, the directory's rules hold.
 */
public final class PrivateFiles {
    private static final boolean POSIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

    /** Of files that this makes. */
    /** S_IWOTH and S_ISVTX: who may write in a sticky directory may not take away or replace what is another's. */
    private static final int OTHERS_MAY_WRITE = 0002;

    private static final int STICKY = 01000;

    static final FileAttribute<?>[] MODE = mode("rw-------");

    private PrivateFiles() {}

    public static boolean isPosix() {
        return POSIX;
    }

    /** Opens a regular file; one that this creates is 0600. A symbolic link is refused, not followed. */
    public static FileChannel open(Path file, OpenOption... options) throws IOException {
        Set<OpenOption> all = new HashSet<>(Set.of(options));
        all.add(LinkOption.NOFOLLOW_LINKS);
        return RegularFiles.open(file, all, MODE);
    }

    /** Makes a directory, 0700. @return it */
    public static Path createDirectory(Path directory) throws IOException {
        return Files.createDirectory(directory, mode("rwx------"));
    }

    private static FileAttribute<?>[] mode(String permissions) {
        return POSIX
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    /**
     * Gives {@code to} the owner, group and mode of {@code from}; an error if this user may not.
     *
     * @param to as {@link Workspace#attributes} has it, and so below: a path could have been led elsewhere since the
     *     file was made
     */
    public static void copyOwnerAndMode(Path from, PosixFileAttributeView to) throws IOException {
        if (POSIX) {
            PosixFileAttributes wanted = Files.readAttributes(from, PosixFileAttributes.class);
            setGroup(to, wanted.group());
            setModeAndOwner(to, wanted.permissions(), wanted.owner());
        }
    }

    /**
     * Gives {@code to} the owner and group of {@code from}, whose mode stays private; an error if this user may not.
     */
    public static void copyOwner(Path from, PosixFileAttributeView to) throws IOException {
        if (POSIX) {
            copyOwner(Files.readAttributes(from, PosixFileAttributes.class), to);
        }
    }

    private static void copyOwner(PosixFileAttributes wanted, PosixFileAttributeView to) throws IOException {
        setGroup(to, wanted.group());
        setOwner(to, wanted.owner());
    }

    /**
     * Comes before the owner, like everything else: whoever may give a file away may not be one who can open it then.
     *
     * @param group a name, or the digits of a number that has none; an error if this user may not, or there is none of
     *     that name
     */
    public static void setGroup(PosixFileAttributeView file, String group) throws IOException {
        setGroup(file, FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByGroupName(group));
    }

    private static void setGroup(PosixFileAttributeView file, GroupPrincipal group) throws IOException {
        if (!file.readAttributes().group().equals(group)) {
            file.setGroup(group);
        }
    }

    /** @param owner likewise */
    public static void setOwner(PosixFileAttributeView file, String owner) throws IOException {
        setOwner(file, FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(owner));
    }

    private static void setOwner(PosixFileAttributeView file, UserPrincipal owner) throws IOException {
        if (!file.readAttributes().owner().equals(owner)) {
            file.setOwner(owner);
        }
    }

    /**
     * Both or neither: a mode that lets a group or everybody in was meant for that owner's file.
     *
     * @param mode nine letters: {@code rw-r--r--}
     */
    public static void setModeAndOwner(PosixFileAttributeView file, String mode, String owner) throws IOException {
        setModeAndOwner(
                file,
                PosixFilePermissions.fromString(mode),
                FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(owner));
    }

    private static void setModeAndOwner(PosixFileAttributeView file, Set<PosixFilePermission> mode, UserPrincipal owner)
            throws IOException {
        Set<PosixFilePermission> before = file.readAttributes().permissions();
        file.setPermissions(mode);
        try {
            setOwner(file, owner);
        } catch (IOException e) {
            file.setPermissions(before);
            throw e;
        }
    }

    /** A mode as {@code chmod} takes it: {@code 644}. */
    public static String octal(String mode) {
        int bits = 0;
        for (int i = 0; i < mode.length(); i++) {
            bits = bits << 1 | (mode.charAt(i) == '-' ? 0 : 1);
        }
        return String.format(Locale.ROOT, "%03o", bits);
    }

    /**
     * Whether the owner of a database could write a file that SQLite makes beside it in this process. SQLite gives that
     * the database's mode, and, run by a root who may, its owner and group.
     *
     * @param sample a file that this process made in the same directory; may be given away
     */
    public static boolean ownerMayWrite(Path database, PosixFileAttributeView sample) throws IOException {
        if (!POSIX) {
            return true;
        }
        if (belongsToRoot(sample)) {
            try {
                copyOwner(database, sample);
            } catch (IOException e) {
                // SQLite would fail as well, and not say so.
            }
        }
        PosixFileAttributes wanted = Files.readAttributes(database, PosixFileAttributes.class);
        PosixFileAttributes made = sample.readAttributes();
        return made.owner().equals(wanted.owner())
                || wanted.permissions().contains(PosixFilePermission.OTHERS_WRITE)
                || made.group().equals(wanted.group())
                        && wanted.permissions().contains(PosixFilePermission.GROUP_WRITE);
    }

    public static boolean belongsToRoot(PosixFileAttributeView file) {
        try {
            return POSIX
                    && file.readAttributes()
                            .owner()
                            .equals(FileSystems.getDefault()
                                    .getUserPrincipalLookupService()
                                    .lookupPrincipalByName("0"));
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Whether nobody can have written a file but us, root, and whom another file belongs to. What links to it says
     * nothing.
     *
     * @param other whose owner is believed too
     */
    public static boolean isWrittenByUsRootOrOwnerOf(Path file, Path other) throws IOException {
        if (!POSIX) {
            return true;
        }
        PosixFileAttributeView view =
                Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        PosixFileAttributes attributes = view.readAttributes();
        boolean othersMayWrite = attributes.permissions().contains(PosixFilePermission.GROUP_WRITE)
                || attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE);
        return !othersMayWrite
                && (attributes.owner().equals(ourselves())
                        || belongsToRoot(view)
                        || attributes.owner().equals(owner(other)));
    }

    /**
     * Whether nobody but this user and root wrote a file: it is theirs, and nobody else may write it, nor put another
     * in its place (but for the owner and group of the directory, who may take everything there away as well).
     */
    public static boolean isWrittenByUsOrRoot(Path file) throws IOException {
        if (!POSIX) {
            return false;
        }
        PosixFileAttributeView view =
                Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        PosixFileAttributes attributes = view.readAttributes();
        return !attributes.permissions().contains(PosixFilePermission.GROUP_WRITE)
                && !attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)
                && (attributes.owner().equals(ourselves()) || belongsToRoot(view))
                && !isOpen(file.getParent());
    }

    /** Whether others than its owner may put something else in the place of a directory above, or of the file. */
    public static boolean isBelowOpenDirectory(Path file) throws IOException {
        for (Path directory = file.getParent(); directory != null; directory = directory.getParent()) {
            if (isOpen(directory)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isOpen(Path directory) throws IOException {
        int mode = (int) Files.getAttribute(directory, "unix:mode");
        return (mode & OTHERS_MAY_WRITE) != 0 && (mode & STICKY) == 0;
    }

    /** Whether the file, not what it may link to, belongs to the user that runs us. */
    public static boolean isOurs(Path file) throws IOException {
        return !POSIX || owner(file).equals(ourselves());
    }

    private static UserPrincipal owner(Path file) throws IOException {
        return Files.getOwner(file, LinkOption.NOFOLLOW_LINKS);
    }

    /** The effective user, whose name {@code user.name} need not be in a container without a passwd entry. */
    private static UserPrincipal ourselves() throws IOException {
        Path self = Path.of("/proc/self");
        return Files.exists(self)
                ? Files.getOwner(self)
                : FileSystems.getDefault()
                        .getUserPrincipalLookupService()
                        .lookupPrincipalByName(System.getProperty("user.name"));
    }
}
