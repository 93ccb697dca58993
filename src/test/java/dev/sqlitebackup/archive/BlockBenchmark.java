package dev.sqlitebackup.archive;

import dev.sqlitebackup.Progress;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The block codec, alone and on threads, over the start of a real database: run by `make bench`. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 1, time = 2)
@Measurement(iterations = 4, time = 2)
public class BlockBenchmark {
    private static final int PAGE_SIZE = 4096;
    private static final int SAMPLE_BYTES = 40_000_000 / PAGE_SIZE * PAGE_SIZE;

    @Param({"1", "2"})
    public int threads;

    private Path sample;
    private Path backup;
    private Path output;

    @Setup
    public void makeSample() throws IOException {
        sample = Files.createTempFile("bench", ".db");
        backup = Files.createTempFile("bench", ".gz");
        output = Files.createTempFile("bench", ".out");
        try (FileChannel in = FileChannel.open(Path.of(System.getProperty("bench.database")));
                FileChannel out = FileChannel.open(sample, StandardOpenOption.WRITE)) {
            for (long at = 0; at < SAMPLE_BYTES; ) {
                at += in.transferTo(at, SAMPLE_BYTES - at, out);
            }
        }
        write(backup);
    }

    @TearDown
    public void removeSample() throws IOException {
        for (Path file : new Path[] {sample, backup, output}) {
            Files.delete(file);
        }
    }

    private void write(Path to) throws IOException {
        try (FileChannel out = FileChannel.open(to, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            new BackupWriter(sample, PAGE_SIZE, Instant.EPOCH, new Compression(6, threads), Progress.NONE)
                    .write(out, ReusableBlocks.none());
        }
    }

    @Benchmark
    public void compress() throws IOException {
        write(output);
    }

    @Benchmark
    public long decompress() throws IOException {
        long[] bytes = {0};
        BackupReader.read(backup, threads, false, (content, length) -> bytes[0] += length);
        return bytes[0];
    }
}
