package dev.sqlitebackup.testing;

import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;

/** A promise that holds whatever the values are: tried with many, drawn at random, which are the same in every run. */
public final class Property {
    private static final int TRIALS = 1000;

    private Property() {}

    /** @param promise throws where it is broken. With {@code -Dseed=}, only the values of that seed are tried */
    public static <T> void holds(Function<RandomGenerator, T> values, Consumer<T> promise) {
        Long only = Long.getLong("seed");
        (only == null ? LongStream.range(0, TRIALS) : LongStream.of(only)).forEach(seed -> {
            // Unlike those of Random, its first numbers differ where seeds follow each other.
            T value = values.apply(new SplittableRandom(seed));
            try {
                promise.accept(value);
            } catch (RuntimeException | Error e) {
                throw new AssertionError(
                        "broken with seed " + seed + " (-Dseed=" + seed + " tries it alone): " + value, e);
            }
        });
    }

    /**
     * Often a bound or the number beside it, else one of any length away from it: mistakes are rarely in the middle.
     */
    public static long between(RandomGenerator random, long min, long max) {
        long range = max - min;
        int digits = Long.SIZE - Long.numberOfLeadingZeros(range);
        long distance =
                random.nextInt(4) == 0 ? random.nextInt(2) : random.nextLong(range + 1) >> random.nextInt(digits);
        return random.nextBoolean() ? min + distance : max - distance;
    }

    @SafeVarargs
    public static <T> T oneOf(RandomGenerator random, T... values) {
        return values[random.nextInt(values.length)];
    }
}
