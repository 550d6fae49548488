// Completion for zsh: a function for each command, with its flags and words in the form that _arguments reads.

import type { Completes, Flag } from "../flag.ts";
import { type CompletionPoint, imagesOfJson, listOf, lists, spellings, valuesOf } from "./points.ts";

export function zshScript(points: readonly CompletionPoint[]): string {
  const [top, ...rest] = points;
  return `#compdef podling
# zsh completion for podling: podling completion zsh > "\${fpath[1]}/_podling"

${Object.entries(lists).map(nameFunction).join("\n")}
_podling_images() { local -a names; names=(\${(f)"$(podling ps -a -o json 2>/dev/null | ${imagesOfJson})"}); compadd -a names; }

${rest.map(commandFunction).join("\n")}
${commandFunction(top!)}
if [ "$funcstack[1]" = "_podling" ]; then _podling "$@"; else compdef _podling podling; fi
`;
}

function nameFunction([kind, list]: [string, string]): string {
  return `_podling_${kind}() { local -a names; names=(\${(f)"$(podling ${list} -o name 2>/dev/null)"}); compadd -a names; }`;
}

function functionName(path: string): string {
  return path === "" ? "_podling" : `_podling_${path.replaceAll(" ", "_")}`;
}

function commandFunction({ path, flags, words, next }: CompletionPoint): string {
  const specs = flags.flatMap(flagSpecs).map((spec) => `    ${quote(spec)} \\`);
  const ownName = functionName(path);
  if (next.length === 0 || path === "help") {
    const action = path === "help" ? `(${next.map(([name]) => name).join(" ")})` : actionOf(words);
    return `${ownName}() {\n  _arguments -s -S \\\n${specs.join("\n")}\n    ${quote(`*:word:${action}`)}\n}\n`;
  }
  const subcommands = next.map(([name, summary]) => `    ${quote(`${name}:${summary}`)}`).join("\n");
  const cases = next.map(([name]) => `    ${name}) ${functionName(`${path} ${name}`.trim())} ;;`).join("\n");
  return `${ownName}() {
  local context state state_descr line
  typeset -A opt_args
  local -a subcommands
  subcommands=(
${subcommands}
  )
  _arguments -C -S \\
${specs.join("\n")}
    '1:command:->command' '*::rest:->rest'
  case $state in
    command) _describe command subcommands ;;
    rest) case $line[1] in
${cases}
    esac ;;
  esac
}
`;
}

/** One for each spelling; a typed spelling excludes the other one. */
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
  if (listOf(completes) !== null) return `_podling_${completes}`;
  if (completes === "images") return "_podling_images";
  if (completes === "files") return "_files";
  if (completes === "folders") return "_files -/";
  return completes === null || typeof completes === "string" ? " " : `(${completes.join(" ")})`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
