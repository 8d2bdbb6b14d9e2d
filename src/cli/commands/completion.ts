import type { Command as CommanderCommand, Option } from 'commander';
import { Argument } from 'commander';
import type { Command } from '../command.js';
import { writeLine } from '../output.js';

export const completionCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('completion')
      .addArgument(new Argument('<shell>', 'the shell to complete in').choices(['bash']))
      .summary('print a script that completes commands and options')
      .description('Prints a script for the shell: Tab completes commands, options and their values, and files.')
      .addHelpText(
        'after',
        '\nExamples:\n  source <(tickstock completion bash)\n' +
          '  tickstock completion bash > ~/.local/share/bash-completion/completions/tickstock\n',
      )
      .action(() => {
        writeLine(terminal.out, bashScript(program));
        setExitCode(0);
      });
  },
};

/** What may follow a command: `words` of subcommands and options, and `values` of an option that has choices. */
interface Node {
  /** `db migrate`; empty for the program. */
  readonly path: string;
  readonly words: readonly string[];
  readonly values: ReadonlyMap<string, readonly string[]>;
}

function listNodes(command: CommanderCommand, path: readonly string[], inherited: readonly Option[]): Node[] {
  const options = [...command.options, ...inherited];
  const names = command.commands.map((child) => child.name());
  const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? []);
  const node: Node = {
    path: path.join(' '),
    words: [...names, ...choices, ...options.flatMap(({ long }) => long ?? []), '--help'],
    values: new Map(
      options.flatMap(({ long, argChoices }) => (long && argChoices ? [[long, argChoices] as const] : [])),
    ),
  };
  return [node, ...command.commands.flatMap((child) => listNodes(child, [...path, child.name()], options))];
}

/** Only names of commands and options come in, which need no quotes. Where no word matches, bash completes files. */
function bashScript(program: CommanderCommand): string {
  const nodes = listNodes(program, [], []);
  const paths = nodes.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  const values = nodes.flatMap(({ path, values: choices }) =>
    [...choices].map(([option, words]) => `    '${path} ${option}') words='${words.join(' ')}' ;;`),
  );
  return `# bash completion of tickstock: source <(tickstock completion bash)
_tickstock() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${paths.join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
${nodes.map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`).join('\n')}
  esac
  case "$path $prev" in
${values.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  # Options are offered once a dash is typed: before it, an argument may follow, such as a file.
  [[ $cur == -* ]] || COMPREPLY=($(printf '%s\\n' "\${COMPREPLY[@]}" | grep -v '^-'))
}
complete -o bashdefault -o default -F _tickstock tickstock`;
}
