// Completion for fish: one line for each command and flag, with the condition under which it applies.

import type { Completes, Flag } from "../flag.ts";
import { type CompletionPoint, imagesOfJson, listOf, spellings, valuesOf } from "./points.ts";

export function fishScript(points: readonly CompletionPoint[]): string {
  const lines = points.flatMap(linesOf);
  const valued = points[0]!.flags
    .filter(({ value }) => value !== undefined)
    .flatMap(spellings)
    .join(" ");
  const groups = points
    .filter(({ path, next }) => path !== "" && path !== "help" && next.length > 0)
    .map(({ path }) => path)
    .join(" ");
  return `# fish completion for podling: podling completion fish > ~/.config/fish/completions/podling.fish

function __podling_path
    set -l path
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        contains -- $word ${valued}; and set skip 1
        string match -q -- '-*' $word; and continue
        set -a path $word
        contains -- "$path" ${groups}; or break
    end
    echo "$path"
end
function __podling_at
    test (__podling_path) = "$argv"
end
complete -c podling -f
${lines.join("\n")}
`;
}

function linesOf({ path, flags, words, next }: CompletionPoint): string[] {
  const at = `complete -c podling -n ${quote(`__podling_at ${path === "" ? "''" : path}`)}`;
  const lines = next.map(([name, summary]) => `${at} -a ${name} -d ${quote(summary)}`);
  if (next.length === 0 && words !== null) lines.push(`${at} ${offerOf(words)}`);
  return [...lines, ...flags.map((flag) => `${at} ${flagWords(flag)}`)];
}

function flagWords(flag: Flag): string {
  const { long, short, value, description } = flag;
  const spelled = `${short === undefined ? "" : `-s ${short} `}-l ${long}`;
  const offered = valuesOf(flag);
  const files = offered === "files" || offered === "folders";
  const values = value === undefined ? "" : ` ${files ? "-r" : "-x"}${offered === null ? "" : ` ${offerOf(offered)}`}`;
  return `${spelled}${values} -d ${quote(description)}`;
}

function offerOf(completes: Completes): string {
  const list = listOf(completes);
  if (list !== null) return `-a '(podling ${list} -o name 2>/dev/null)'`;
  if (completes === "images") return `-a ${quote(`(podling ps -a -o json 2>/dev/null | ${imagesOfJson})`)}`;
  if (completes === "files") return "-F";
  if (completes === "folders") return "-a '(__fish_complete_directories)'";
  return typeof completes === "string" ? "" : `-a ${quote(completes.join(" "))}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
