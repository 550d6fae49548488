// Checks of the input for a task of several containers: what belongs to the task and what to a container, and which container
// comes before which.

import { limits } from "../limits.ts";
import type { ContainerFields } from "./check-options.ts";
import type { Mistake } from "./mistake.ts";
import { optionFields } from "./option-fields.ts";
import { mainContainer, sandboxContainer } from "./spec.ts";
import type { ParsedContainerInput, ParsedInitInput, ParsedTaskInput } from "./task-input.ts";

type Check = (input: ContainerFields) => Mistake | null;

/** Beside `containers`, these say nothing of a container. */
const ofOneContainer = [
  ...["image", "command", "args", "env", "ports", "resources", "mounts", "user", "workingDir", "pullPolicy"],
  ...optionFields.filter((field) => field !== "network"),
] as const;

/** The first mistake; null if there is none. `check` looks at the fields of one container. */
export function podMistake(input: ParsedTaskInput, check: Check): Mistake | null {
  const { containers, initContainers = [] } = input;
  if (containers === undefined) return flatMistake(input, initContainers, check);
  const given = ofOneContainer.find((field) => input[field as keyof ParsedTaskInput] !== undefined);
  if (given !== undefined) {
    const message = "this task has containers, and each of them has its own";
    return { field: given, message, hint: `Move ${given} into an entry of containers.` };
  }
  return (
    countMistake(containers, initContainers) ??
    nameMistake([...listed("containers", containers), ...listed("initContainers", initContainers)]) ??
    eachMistake("containers", containers, check) ??
    eachMistake("initContainers", initContainers, check) ??
    networkMistake(input, containers, check) ??
    dependencyMistake(containers, initContainers)
  );
}

/** One container in the flat form, and perhaps init containers. */
function flatMistake(input: ParsedTaskInput, init: readonly ParsedInitInput[], check: Check): Mistake | null {
  const own = { field: "image", name: mainContainer };
  return (
    check(input) ?? nameMistake([own, ...listed("initContainers", init)]) ?? eachMistake("initContainers", init, check)
  );
}

function countMistake(containers: readonly ParsedContainerInput[], init: readonly ParsedInitInput[]): Mistake | null {
  const hint = "A task ends when its containers have ended; sidecars only help them.";
  if (containers.length === 0) return { field: "containers", message: "there is none", hint: "Give at least one." };
  if (containers.every(({ sidecar }) => sidecar)) {
    return { field: "containers", message: "every container is a sidecar", hint };
  }
  if (containers.length + init.length <= limits.containerCount) return null;
  const message = `a task has at most ${limits.containerCount} containers with its init containers`;
  return { field: "containers", message, hint: "Make several tasks of them." };
}

interface Named {
  readonly field: string;
  readonly name: string;
}

function listed(field: string, containers: readonly { readonly name: string }[]): Named[] {
  return containers.map(({ name }, index) => ({ field: `${field}[${index}].name`, name }));
}

function nameMistake(all: readonly Named[]): Mistake | null {
  for (const [index, { field, name }] of all.entries()) {
    if (name === sandboxContainer)
      return { field, message: `${name} is the container that holds the network`, hint: "Choose another name." };
    if (all.slice(0, index).some((one) => one.name === name))
      return { field, message: `two containers are named ${name}`, hint: "Give each container a name of its own." };
  }
  return null;
}

function eachMistake(field: string, containers: readonly ContainerFields[], check: Check): Mistake | null {
  for (const [index, container] of containers.entries()) {
    const mistake = check(container);
    if (mistake) return { ...mistake, field: `${field}[${index}].${mistake.field}` };
  }
  return null;
}

/** All ports are published by one network. */
function networkMistake(
  { network }: ParsedTaskInput,
  containers: readonly ParsedContainerInput[],
  check: Check,
): Mistake | null {
  const ports = containers.flatMap((container) => container.ports ?? []);
  const mistake = check({ network, ports });
  return mistake && { ...mistake, field: mistake.field.replace(/^ports.*/, "containers[].ports") };
}

function dependencyMistake(
  containers: readonly ParsedContainerInput[],
  init: readonly ParsedInitInput[],
): Mistake | null {
  const byName = new Map(containers.map((container) => [container.name, container]));
  for (const [index, { name, dependsOn = {} }] of containers.entries()) {
    for (const [other, condition] of Object.entries(dependsOn)) {
      const field = `containers[${index}].dependsOn.${other}`;
      const target = byName.get(other);
      if (init.some((one) => one.name === other))
        return { field, message: "init containers come first anyway", hint: "Leave it out." };
      if (other === name) return { field, message: "a container cannot wait for itself", hint: "Leave it out." };
      if (target === undefined) {
        const names = [...byName.keys()].filter((one) => one !== name).join(", ");
        return {
          field,
          message: `the task has no container ${other}`,
          hint: `Others of this task: ${names || "none"}.`,
        };
      }
      if (condition === "completed" && target.sidecar)
        return {
          field,
          message: `${other} is a sidecar, which never completes`,
          hint: "Wait until it is started or healthy.",
        };
    }
  }
  const cycle = cycleOf(containers);
  if (cycle === null) return null;
  return {
    field: "containers",
    message: `${cycle.join(" waits for ")}, so none of them could start`,
    hint: "Remove one of these dependsOn.",
  };
}

/** Containers that wait for one another, the first again at the end; null if there are none. */
function cycleOf(containers: readonly ParsedContainerInput[]): string[] | null {
  const waitsFor = new Map(containers.map(({ name, dependsOn = {} }) => [name, Object.keys(dependsOn)]));
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): string[] | null => {
    const start = path.indexOf(name);
    if (start >= 0) return [...path.slice(start), name];
    if (done.has(name)) return null;
    for (const next of waitsFor.get(name) ?? []) {
      const cycle = visit(next, [...path, name]);
      if (cycle) return cycle;
    }
    done.add(name);
    return null;
  };
  for (const { name } of containers) {
    const cycle = visit(name, []);
    if (cycle) return cycle;
  }
  return null;
}
