// Flags of lists that docker and kubectl have and Podling does not, each with what to type instead.

/** `list`: the command, such as "podling ps". */
export function refusedListFlags(list: string, key: string): Readonly<Record<string, string>> {
  const json = `write ${list} -o json | jq -r '.[].${key}'`;
  const uncut = `in a pipe nothing is cut: ${list} | cat. Whole ids: ${list} -q, or -o wide`;
  const sorted = `write ${list} -o json | jq 'sort_by(.${key})'`;
  return {
    "--format": json,
    "--template": json,
    "--no-trunc": uncut,
    "--no-headers": `write ${list} -q for ids, ${list} -o name for names, or ${list} | tail -n +2`,
    "--sort-by": sorted,
    "--sort": sorted,
    "-A": "there are no namespaces: the list has all",
    "--all-namespaces": "there are no namespaces: the list has all",
    "--show-labels": `write ${list} -o json`,
  };
}
