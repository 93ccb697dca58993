package dev.sqlitebackup.cli;

import dev.sqlitebackup.history.Location;
import java.nio.file.Path;
import java.util.List;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Spec;

/** Picocli's completion for bash and zsh, in which places of backups complete as files do, also behind a =. */
@Command(
        name = "generate-completion",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description =
                "Print the completion for bash and zsh. In this shell: source <(sqlite-backup generate-completion)")
public final class Completion implements Runnable {
    /** bash takes {@code --to=FILE} apart into three words, picocli's functions know {@code --to FILE}. */
    private static final String ENTRY = """

            # The words without a = between an option and its value.
            function _complete_NAME() {
              local words=() word=0 i
              for (( i = 0; i < ${#COMP_WORDS[@]}; i++ )); do
                if [[ "${COMP_WORDS[i]}" != "=" ]]; then
                  words+=("${COMP_WORDS[i]}")
                elif (( i == COMP_CWORD )); then
                  words+=("")
                fi
                if (( i == COMP_CWORD )); then word=$(( ${#words[@]} - 1 )); fi
              done
              local COMP_WORDS=("${words[@]}") COMP_CWORD=$word
              _picocli_complete_NAME
            }
            """;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        CommandLine program = spec.root().commandLine();
        program.getSubcommands().values().forEach(command -> completeAsFiles(command.getCommandSpec()));
        String name = spec.root().name();
        String script = AutoComplete.bash(name, program)
                .replace("function _complete_" + name + "()", "function _picocli_complete_" + name + "()");
        // compgen -W would expand a file's name as a shell does, and run what is in it.
        script = script.replace(
                "$(compgen -W \"${commands// /$'\\n'}${IFS}${positionals}\" -- \"${curr_word}\") )",
                "$(compgen -W \"${commands// /$'\\n'}\" -- \"${curr_word}\" || true) )\n"
                        + "    local name; while IFS= read -r name; do [[ -z \"$name\" ]] || COMPREPLY+=(\"$name\"); done <<<\"${positionals}\"");
        int end = script.lastIndexOf("\n# Define a completion specification");
        // Not by lines, which elsewhere end otherwise.
        spec.commandLine()
                .getOut()
                .print(script.substring(0, end) + ENTRY.replace("NAME", name) + script.substring(end) + "\n");
        spec.commandLine().getOut().flush();
    }

    private static void completeAsFiles(CommandSpec command) {
        for (OptionSpec option : List.copyOf(command.options())) {
            if (option.type() == Location.class) {
                command.remove(option);
                command.addOption(OptionSpec.builder(option.names())
                        .type(Path.class)
                        .arity("1")
                        .build());
            }
        }
        for (PositionalParamSpec argument : List.copyOf(command.positionalParameters())) {
            if (argument.auxiliaryTypes()[0] == Location.class) {
                command.remove(argument);
                command.addPositional(PositionalParamSpec.builder()
                        .index(argument.index().toString())
                        .type(Path.class)
                        .build());
            }
        }
    }
}
