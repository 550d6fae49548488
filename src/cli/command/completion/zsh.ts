// Completion for zsh: a function for each verb, with its flags and words in the form that _arguments reads.

import type { Completes, Flag } from "../command.ts";
import { type CompletionPoint, spellings, valuesOf } from "./commands.ts";

export function zshScript(commands: readonly CompletionPoint[]): string {
  const [top, ...rest] = commands;
  return `#compdef podling
# zsh completion for podling: podling completion zsh > "\${fpath[1]}/_podling"

_podling_tasks() { local -a names; names=(\${(f)"$(podling ps -a -o name 2>/dev/null)"}); compadd -a names; }
_podling_nodes() { local -a names; names=(\${(f)"$(podling nodes -o name 2>/dev/null)"}); compadd -a names; }

${rest.map(verbFunction).join("\n")}
${verbFunction(top!)}
if [ "$funcstack[1]" = "_podling" ]; then _podling "$@"; else compdef _podling podling; fi
`;
}

function functionName(path: string): string {
  return path === "" ? "_podling" : `_podling_${path.replaceAll(" ", "_")}`;
}

function verbFunction({ path, flags, words, next }: CompletionPoint): string {
  const specs = flags.flatMap(flagSpecs).map((spec) => `    ${quote(spec)} \\`);
  const name = functionName(path);
  if (next.length === 0 || path === "help") {
    const action = path === "help" ? `(${next.map(([verb]) => verb).join(" ")})` : actionOf(words);
    return `${name}() {\n  _arguments -s -S \\\n${specs.join("\n")}\n    ${quote(`*:word:${action}`)}\n}\n`;
  }
  const verbs = next.map(([verb, summary]) => `    ${quote(`${verb}:${summary}`)}`).join("\n");
  const cases = next.map(([verb]) => `    ${verb}) ${functionName(`${path} ${verb}`.trim())} ;;`).join("\n");
  return `${name}() {
  local context state state_descr line
  typeset -A opt_args
  local -a verbs
  verbs=(
${verbs}
  )
  _arguments -C -S \\
${specs.join("\n")}
    '1:verb:->verb' '*::rest:->rest'
  case $state in
    verb) _describe verb verbs ;;
    rest) case $line[1] in
${cases}
    esac ;;
  esac
}
`;
}

/** One for each spelling; the one that was typed rules the other out. */
function flagSpecs(flag: Flag): string[] {
  const words = spellings(flag);
  const once = flag.repeatable ? "*" : `(${words.join(" ")})`;
  const description = flag.description.replace(/[[\]:]/g, (char) => `\\${char}`);
  return words.map((word) => {
    if (flag.value === undefined) return `${once}${word}[${description}]`;
    // -p80 and -p 80; --publish=80 and --publish 80
    return `${once}${word}${word.startsWith("--") ? "=" : "+"}[${description}]:${flag.value}:${actionOf(valuesOf(flag))}`;
  });
}

function actionOf(completes: Completes | null): string {
  if (completes === "tasks") return "_podling_tasks";
  if (completes === "nodes") return "_podling_nodes";
  if (completes === "files") return "_files";
  if (completes === "folders") return "_files -/";
  return completes === null || completes === "verbs" ? " " : `(${completes.join(" ")})`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
