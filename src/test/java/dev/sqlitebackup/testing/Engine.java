package dev.sqlitebackup.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A real container engine (podman, runc), in which an image is built from {@code deploy/Dockerfile} and run. */
public final class Engine {
    private static final Path PROJECT = Path.of("").toAbsolutePath();
    /**
     * The engine's own manager of cgroups works without systemd; the limits are below what a container may have that is
     * started in one.
     */
    private static final List<String> PODMAN = List.of("podman", "--runtime", "runc", "--cgroup-manager", "cgroupfs");

    private static final List<String> LIMITS = List.of(
            "--pull",
            "never",
            "--network",
            "host",
            "--ulimit",
            "nofile=1024:1024",
            "--ulimit",
            "nproc=1000:1000",
            "--read-only-tmpfs=false");

    /** The first time on a machine, Debian's packages are downloaded. */
    private static final long BUILD_SECONDS = 1800;

    private Engine() {}

    /**
     * Builds the image as it is shipped, on stand-ins for the images that it begins with, which stay. Maven's
     * repository is this user's, so nothing is downloaded twice.
     */
    public static void build(String image) {
        Tools.require("podman", "runc", "mmdebstrap");
        Tools.requireRoot();
        run(List.of(PROJECT.resolve("src/test/containers/stand-ins").toString()));
        run(with(
                "build",
                "--isolation",
                "chroot",
                "--pull=never",
                "--layers=false",
                "--format",
                "docker",
                "-v",
                System.getProperty("user.home") + "/.m2:/root/.m2",
                "-f",
                PROJECT.resolve("deploy/Dockerfile").toString(),
                "-t",
                image,
                PROJECT.toString()));
    }

    private static void run(List<String> build) {
        Tools.await(Tools.start(build, Map.of(), null), BUILD_SECONDS).ok();
    }

    public static List<String> with(String... arguments) {
        return Stream.concat(PODMAN.stream(), Arrays.stream(arguments)).toList();
    }

    /**
     * A run of an image.
     *
     * @param options of the engine, besides what this machine needs
     */
    public static List<String> run(
            String image, List<String> options, Map<String, String> environment, List<String> arguments) {
        List<String> command = new ArrayList<>(with("run", "--rm"));
        command.addAll(LIMITS);
        command.addAll(options);
        environment.forEach((name, value) -> command.add("--env=" + name + "=" + value));
        command.add(image);
        command.addAll(arguments);
        return command;
    }
}
