package dev.sqlitebackup.archive;

import com.intel.gkl.compression.IntelDeflater;
import com.intel.gkl.compression.IntelInflater;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.NativeCode;
import java.io.File;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Intel's ISA-L, which deflates several times as fast as the JDK, on machines for which the library
 * {@code com.intel.gkl} brings it: x86-64 with glibc or macOS. Elsewhere, and where nothing may be loaded, the JDK
 * deflates. What it makes is inflated by the JDK in any case ({@link BlockCompressor}).
 */
final class FastDeflate {
    private static final Logger LOG = LoggerFactory.getLogger(FastDeflate.class);
    /** The library, and some more. */
    private static final long LIBRARY_BYTES = 1_000_000;
    /** ISA-L has no more levels; with others, the library is another zlib, and no faster than the JDK's. */
    private static final int MAX_LEVEL = 2;

    private FastDeflate() {}

    /** Loaded when it is first asked for, once in a process. */
    private static final class Library {
        static final boolean IS_LOADED = load();

        private static boolean load() {
            try {
                NativeCode.load("the deflate of ISA-L", LIBRARY_BYTES, workspace -> {
                    File directory = workspace.directory().toFile();
                    // Each class looks up its own fields in load; used without that, it crashes the JVM.
                    return new IntelDeflater(1, true).load(directory) && new IntelInflater(true).load(directory);
                });
                return true;
            } catch (Failure | LinkageError e) {
                LOG.debug("the JDK deflates: {}", e.getMessage());
                return false;
            }
        }
    }

    /**
     * The fastest of this machine, for raw deflate streams; null if that is the JDK's. It takes some blocks that gunzip
     * refuses (BlockInflaterTest: of 80,088 flipped bits, 121 that leave the content as it was). So it tells what is in
     * a backup, and never that others can read it.
     */
    static Inflater inflater() {
        return Library.IS_LOADED ? new IntelInflater(true) : null;
    }

    /** The fastest of this machine, for raw deflate streams. It takes arrays from their beginning only. */
    static Deflater deflater(int level) {
        return level <= MAX_LEVEL && Library.IS_LOADED ? new IntelDeflater(level, true) : new Deflater(level, true);
    }
}
