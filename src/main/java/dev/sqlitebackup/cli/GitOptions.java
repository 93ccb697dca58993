package dev.sqlitebackup.cli;

import picocli.CommandLine.Option;

/** What a backup leaves in Git. */
public final class GitOptions {
    @Option(
            names = "--stage",
            description = "Stage the backup in the Git repository around it, and what was deleted (git add); nothing "
                    + "large without Git LFS.")
    boolean stage;

    @Option(
            names = "--push",
            description = "Stage, commit and push just the backup. Exit code 1 if it was not pushed. Your index and "
                    + "working tree stay as they are; commits of yours on the branch go with it.")
    boolean push;
}
