// Checks of a container's options and mounts that a schema of one field cannot make: what excludes what, and what no engine
// could run.

import { formatMemory } from "../quantity.ts";
import { probeMistake } from "./check-probes.ts";
import type { ContentField } from "./content-fields.ts";
import type { Mistake } from "./mistake.ts";
import type { OptionField } from "./option-fields.ts";
import type { Mount } from "./spec.ts";
import type { ParsedTaskInput } from "./task-input.ts";

/** The fields that a container has, alone in its task or as one of several. */
export type ContainerFields = Pick<
  ParsedTaskInput,
  "resources" | "ports" | "mounts" | "env" | OptionField | ContentField
>;

type MountOption = keyof NonNullable<Mount["options"]>;

/** The first mistake; null if there is none. */
export function optionMistake(input: ContainerFields): Mistake | null {
  return (
    networkMistake(input) ??
    swapMistake(input) ??
    ulimitMistake(input) ??
    deviceMistake(input) ??
    healthMistake(input) ??
    probeMistake(input)
  );
}

function networkMistake({ network, ports }: ContainerFields): Mistake | null {
  const mode = network?.mode;
  if ((mode === "cluster") !== (network?.app !== undefined)) {
    const message = mode === "cluster" ? "it is needed with mode cluster" : "it belongs to mode cluster";
    return { field: "network.app", message, hint: 'Give both: {"mode": "cluster", "app": "shop"}.' };
  }
  if (mode === undefined || mode === "bridge" || mode === "cluster" || ports === undefined || ports.length === 0)
    return null;
  const why =
    mode === "host"
      ? "a container in the network of the node (mode host) uses the node's ports itself"
      : "a container without a network (mode none) has no ports";
  return {
    field: "ports",
    message: `${why}, so none can be published`,
    hint: "Leave out the ports (-p), or the mode.",
  };
}

function swapMistake({ limits, resources }: ContainerFields): Mistake | null {
  const swap = limits?.memorySwapBytes;
  if (swap === undefined || swap === -1) return null;
  const memory = resources?.memory.limit ?? null;
  const field = "limits.memorySwapBytes";
  if (memory === null) {
    return { field, message: "it needs a memory limit", hint: "Set resources.memory (-m) as well." };
  }
  if (swap >= memory) return null;
  const message = `memory and swap together (${formatMemory(swap)}) are less than the memory limit (${formatMemory(memory)})`;
  return { field, message, hint: "Give at least the memory limit; the difference is the swap." };
}

/** The engine takes such a limit when it creates the container, and fails when it starts it. */
function ulimitMistake({ limits }: ContainerFields): Mistake | null {
  const shown = (amount: number) => (amount === -1 ? "unlimited" : String(amount));
  for (const [index, { name, soft, hard }] of (limits?.ulimits ?? []).entries()) {
    if (hard === -1 || (soft !== -1 && soft <= hard)) continue;
    const message = `the soft limit of ${name} (${shown(soft)}) is more than the hard one (${shown(hard)})`;
    return { field: `limits.ulimits[${index}]`, message, hint: "Write NAME=SOFT:HARD, with SOFT at most HARD." };
  }
  return null;
}

function deviceMistake({ devices }: ContainerFields): Mistake | null {
  const { count, ids } = devices?.gpus ?? {};
  if (count === undefined || ids === undefined) return null;
  return { field: "devices.gpus", message: "count and ids exclude each other", hint: "Leave one of them out." };
}

function healthMistake({ health }: ContainerFields): Mistake | null {
  if (!health?.disabled || Object.keys(health).length === 1) return null;
  return {
    field: "health",
    message: "disabled excludes all other fields",
    hint: "Leave out disabled (--no-healthcheck), or the rest.",
  };
}

/** Which types of mounts know an option. docker takes a consistency for each. */
const typesOf: Record<MountOption, readonly Mount["type"][]> = {
  propagation: ["bind"],
  selinux: ["bind", "volume"],
  consistency: ["bind", "volume", "tmpfs"],
  nonRecursive: ["bind"],
  noCopy: ["volume"],
  driver: ["volume"],
  driverOptions: ["volume"],
  labels: ["volume"],
  mode: ["tmpfs"],
  flags: ["tmpfs"],
};

/** Of the options of one mount; null if they fit its type and one another. */
export function mountOptionMistake({ type, source, target, options = {} }: Mount, field: string): Mistake | null {
  for (const option of Object.keys(options) as MountOption[]) {
    const types = typesOf[option];
    if (options[option] === undefined || types.includes(type)) continue;
    const message = `a ${type} mount has no ${option}`;
    return {
      field: `${field}.options.${option}`,
      message,
      hint: `It is for ${types.join(" and ")} mounts. Leave it out.`,
    };
  }
  if (options.selinux === undefined) return null;
  const wrong = (message: string, hint: string) => ({ field: `${field}.options.selinux`, message, hint });
  if (source === "") return wrong("the engine relabels no volume without a name", "Name the volume, or leave it out.");
  if (`${source}${target}`.includes(":")) {
    return wrong("the engine relabels no path with a colon", "Rename the folder, or leave out z and Z.");
  }
  if (options.nonRecursive) return wrong("it excludes nonRecursive", "Leave one of them out.");
  return null;
}
