package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Who else hears how a run ended: the option of every command that says whether all is well. */
public final class PingOption {
    @Option(
            names = "--ping",
            paramLabel = "URL",
            description = "Tell a monitor that imitates healthchecks.io: URL on success, URL/fail with the message on "
                    + "failure.")
    private String url;

    /**
     * Of a command that did not come to its work.
     *
     * @return null for nobody
     */
    static Ping of(CommandLine command) {
        CommandSpec mixin = command.getCommandSpec().mixins().get("ping");
        return mixin != null && mixin.userObject() instanceof PingOption option ? option.pingIfPossible() : null;
    }

    private Ping pingIfPossible() {
        try {
            return ping();
        } catch (Failure e) {
            return null; // Something else is wrong already, and is being said.
        }
    }

    /** @return null for nobody */
    Ping ping() {
        return url == null ? null : Ping.of(url);
    }
}
