package dev.sqlitebackup.torture;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.core.VerifyService;
import dev.sqlitebackup.history.Location;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/**
 * Verifies many variations of a database in one process, and prints how many were refused and accepted. Anything else
 * ends it with an error.
 */
final class StrangeDatabases {
    private static final int PAGE_SIZE = 512;

    private StrangeDatabases() {}

    /** @param args the database, and how many variations of it */
    public static void main(String[] args) throws Exception {
        byte[] seed = Files.readAllBytes(Path.of(args[0]));
        Path strange = Path.of(args[0]).resolveSibling("strange");
        Path temporary = strange.getParent();
        int refused = 0;
        int accepted = 0;
        for (int number = 0; number < Integer.parseInt(args[1]); number++) {
            byte[] varied = vary(seed.clone(), new Random(number));
            Files.write(strange, number % 2 == 0 ? varied : gzip(varied));
            try {
                new VerifyService(Clock.systemUTC(), Progress.NONE)
                        .verify(new VerifyService.Request(
                                Location.file(strange), strange, null, null, temporary, Duration.ZERO));
                accepted++;
            } catch (Failure e) {
                // It may declare more than any disk or memory has; and a schema format that this SQLite does not know
                // is no damage as far as anybody can tell.
                boolean clear = e.kind() == Failure.Kind.CORRUPT
                        || e.kind() == Failure.Kind.NO_SPACE
                        || e.getMessage().endsWith("out of memory")
                        || e.getMessage().contains("unsupported file format");
                if (!clear) {
                    throw new AssertionError("variation " + number, e);
                }
                refused++;
            } catch (RuntimeException e) {
                throw new AssertionError("variation " + number, e);
            }
        }
        System.out.println(refused + " " + accepted);
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    /** One to eight changes where they hurt: page headers, cell pointers, page numbers, the schema's text. */
    private static byte[] vary(byte[] bytes, Random random) {
        int pages = bytes.length / PAGE_SIZE;
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        for (int left = 1 + random.nextInt(8); left > 0; left--) {
            int page = random.nextInt(4) == 0 ? random.nextInt(4) : random.nextInt(pages);
            int start = page * PAGE_SIZE + (page == 0 ? 100 : 0);
            int end = (page + 1) * PAGE_SIZE;
            switch (random.nextInt(7)) {
                case 0 -> bytes[start + random.nextInt(8)] = (byte) random.nextInt(256);
                case 1 -> buffer.putShort(start + 8 + 2 * random.nextInt(20), (short) random.nextInt(PAGE_SIZE + 64));
                case 2 -> buffer.putInt(start + random.nextInt(end - start - 4), random.nextInt(pages + 4));
                case 3 -> bytes[start + random.nextInt(end - start)] ^= (byte) (1 << random.nextInt(8));
                case 4 ->
                    buffer.putInt(24 + 4 * random.nextInt(19), random.nextInt(6) == 0 ? -1 : random.nextInt(pages + 2));
                case 5 ->
                    System.arraycopy(bytes, random.nextInt(pages) * PAGE_SIZE, bytes, page * PAGE_SIZE, PAGE_SIZE);
                default -> bytes[start + random.nextInt(end - start)] = (byte) random.nextInt(256);
            }
        }
        return bytes;
    }
}
