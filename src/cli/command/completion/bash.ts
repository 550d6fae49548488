// Completion for bash: one function, with a case for each command.

import { taskStatuses } from "../../../model/task/reason.ts";
import type { Completes } from "../flag.ts";
import { type CompletionPoint, imagesOfJson, listOf, lists, spellings, valuesOf } from "./points.ts";

export function bashScript(points: readonly CompletionPoint[]): string {
  const groups = points.filter(({ path, next }) => path !== "" && path !== "help" && next.length > 0);
  const inGroup = groups.map(({ path }) => `${path}:*`).join(" | ");
  const skipped = valueFlags(points[0]!).join("|");
  return `# bash completion for podling: source <(podling completion bash)

_podling_offer() {
  COMPREPLY=($(compgen -W "$1" -- "$current"))
  case "\${COMPREPLY[0]}" in *=) compopt -o nospace 2>/dev/null ;; esac
}
_podling_images() { _podling_offer "$("\${COMP_WORDS[0]}" ps -a -o json 2>/dev/null | ${imagesOfJson})"; }
${Object.entries(lists).map(nameFunction).join("\n")}

_podling() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" command="" word index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$command:$word" in
      *:--) return ;;
      :${skipped.replaceAll("|", " | :")}) ((index++)) ;;
      *:-*) ;;
      :*) command="$word" ;;
      ${inGroup}) command="$command $word" ;;
    esac
  done
  # bash splits at an equals sign: --filter status=
  local key=""
  if [ "$current" = "=" ]; then key="$previous"; current=""
  elif [ "$previous" = "=" ]; then key="\${COMP_WORDS[COMP_CWORD - 2]}"; fi
  case "$key" in
    status) _podling_offer "${taskStatuses.join(" ")}"; return ;;
    node) _podling_nodes; return ;;
    name) _podling_tasks; return ;;
  esac
  case "$command:$previous" in
${points.flatMap(valueCases).join("\n")}
  esac
  case "$command:$current" in
${points.flatMap(wordCases).join("\n")}
  esac
}

complete -F _podling podling
`;
}

function nameFunction([kind, list]: [string, string]): string {
  return `_podling_${kind}() { _podling_offer "$("\${COMP_WORDS[0]}" ${list} -o name 2>/dev/null)"; }`;
}

function valueFlags({ flags }: CompletionPoint): string[] {
  return flags.filter(({ value }) => value !== undefined).flatMap(spellings);
}

/** After a flag with a value: its possible values, or nothing. */
function valueCases({ path, flags }: CompletionPoint): string[] {
  const offers = new Map<string, string[]>();
  for (const flag of flags) {
    if (flag.value === undefined) continue;
    const offer = offerOf(valuesOf(flag));
    offers.set(offer, [...(offers.get(offer) ?? []), ...spellings(flag)]);
  }
  return [...offers].map(
    ([offer, words]) => `    ${words.map((word) => pattern(path, word)).join(" | ")}) ${offer}; return ;;`,
  );
}

function wordCases({ path, flags, words, next }: CompletionPoint): string[] {
  const offer = next.length > 0 ? `_podling_offer "${next.map(([name]) => name).join(" ")}"` : offerOf(words);
  return [
    `    ${pattern(path, "-")}*) _podling_offer "${flags.flatMap(spellings).join(" ")}" ;;`,
    `    ${pattern(path, "")}*) ${offer} ;;`,
  ];
}

function pattern(path: string, word: string): string {
  return `"${path}:${word}"`;
}

function offerOf(completes: Completes | null): string {
  if (listOf(completes) !== null) return `_podling_${completes}`;
  if (completes === "images") return "_podling_images";
  if (completes === "files") return 'COMPREPLY=($(compgen -f -- "$current"))';
  if (completes === "folders") return 'COMPREPLY=($(compgen -d -- "$current"))';
  return completes === null || typeof completes === "string" ? ":" : `_podling_offer "${completes.join(" ")}"`;
}
