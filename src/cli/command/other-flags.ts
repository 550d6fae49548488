// Flags that other tools have for every command, each with what to type here. A command's own table comes first.

import type { Command } from "./command.ts";

const json = "for other forms, write -o json and use jq";
const spaces = "there are no namespaces: labels select tasks, as in podling ps -l app=shop";
const masters = "write --master URL, or podling context use NAME";

/** Before the command. */
export const globalOtherFlags: Readonly<Record<string, string>> = {
  ...{ "-H": masters, "--kubeconfig": masters, "-c": "write --context NAME" },
  ...{ "-A": spaces, "-n": spaces, "--namespace": spaces },
};

const ofAll: Readonly<Record<string, string>> = {
  ...{ "-A": spaces, "--all-namespaces": spaces, "--namespace": spaces },
  ...{ "-H": masters, "--host": masters, "--address": masters, "--kubeconfig": masters },
};

/** Of commands that print JSON. */
const ofOutput: Readonly<Record<string, string>> = {
  ...{ "--format": json, "--template": json, "--jsonpath": json, "--yaml": json, "--pretty": json },
  ...{ "--json": "write -o json", "--quiet": "write -o name", "-q": "write -o name" },
};

export function refusedFlags({ refused, outputs }: Command): Readonly<Record<string, string>> {
  const printsJson = outputs?.includes("json") ?? false;
  return { ...ofAll, ...(printsJson ? ofOutput : {}), ...refused };
}
