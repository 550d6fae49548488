// Completion for zsh: a function for each verb, with its flags and words in the form that _arguments reads.

import type { Completes, Flag } from "../verb.ts";
import { type Command, spellings, valuesOf } from "./commands.ts";

export function zshScript(commands: readonly Command[]): string {
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

function verbFunction({ path, flags, words, next }: Command): string {
  const specs = flags.map((flag) => `    ${quote(flagSpec(flag))} \\`);
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

/** '(-o --output)'{...} is more than is needed: one spec for each spelling. */
function flagSpec(flag: Flag): string {
  const words = spellings(flag);
  const shown = words.at(-1)!;
  const description = flag.description.replace(/[[\]:]/g, (char) => `\\${char}`);
  const value = flag.value === undefined ? "" : `:${flag.value}:${actionOf(valuesOf(flag))}`;
  return `${flag.repeatable ? "*" : ""}${shown}[${description}]${value}`;
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
