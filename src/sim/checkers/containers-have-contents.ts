// A container starts with the files of the versions that its task names. When the cluster is at rest, what follows a content has its
// newest version, and every other container what it has started with: the task of a job names no version, gets the newest at its
// start, and keeps that. A version that something may still start with stays.

import type { TaskId } from "../../model/ids.ts";
import { isFinished } from "../../model/task/reason.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import type { WorkerMachine } from "../machines/worker-machine.ts";
import { changesOf } from "../run/truth.ts";
import type { Checker } from "./checker.ts";
import { type NamedContent, namedBy, newestOf, numberOf, textOf } from "./content-users.ts";

type Run = Pick<ContainerState, "containerId" | "startedAt">;

export const containersHaveContents: Checker = {
  name: "containers-have-contents",
  sentence: "A container has the contents of the versions that its task names, and those versions are kept.",
  class: "safety",
  hooks: (context, fail) => {
    const { truth, workers } = context;
    /** Every text that ever was under a name and number. */
    const texts = new Map<string, Set<string>>();
    /** By the run of a container: the texts of its files when it started, in the order of `used`. */
    const atStart = new Map<string, readonly (string | null)[]>();
    const runOf = ({ name }: WorkerMachine, { containerId, startedAt }: Run) => `${name} ${containerId} ${startedAt}`;
    const ever = (kind: string, name: string, version: number) => texts.get(`${kind} ${name} ${version}`) ?? new Set();
    const isOfSome = (kind: string, name: string, text: string) =>
      [...texts].some(([key, known]) => key.startsWith(`${kind} ${name} `) && known.has(text));
    const fileOf = (machine: WorkerMachine, taskId: string, { container, kind, index }: NamedContent) => {
      const bytes = machine.files.all.get(`/podling-files/${taskId}/${container}/${kind}-${index}`)?.bytes;
      return bytes === undefined ? null : Buffer.from(bytes).toString();
    };
    /** By this container, as files. */
    const used = (taskId: string, container: string) => {
      const task = truth.tasks.has(taskId as TaskId) ? truth.state.task(taskId as TaskId) : null;
      const all = task ? namedBy(task.spec) : [];
      return all.filter((one) => one.container === container && one.reference.env === undefined);
    };
    return {
      batch(certain) {
        for (const kind of ["config", "secret"] as const) {
          for (const { before, after } of changesOf(certain, kind)) {
            const { name, version } = (after ?? before)!;
            const key = `${kind} ${name} ${version}`;
            const text = textOf(context, kind, name, version);
            if (text !== null) texts.set(key, (texts.get(key) ?? new Set()).add(text));
            if (after !== null) continue;
            for (const { taskId, status, desired } of truth.tasks.values()) {
              if (isFinished(status) || desired === "stopped") continue;
              const names = namedBy(truth.state.task(taskId).spec);
              if (
                names.some(
                  (one) => one.kind === kind && one.reference.name === name && numberOf(one.reference) === version,
                )
              )
                fail(`${key} was removed, and ${taskId} may start with it`);
            }
          }
        }
      },
      run(machine, taskId, state) {
        const contents = used(taskId, state.container);
        if (contents.length === 0) return;
        const found = contents.map((content) => fileOf(machine, taskId, content));
        atStart.set(runOf(machine, state), found);
        for (const [index, { kind, reference }] of contents.entries()) {
          const text = found[index]!;
          const number = numberOf(reference);
          const isRight =
            text !== null &&
            (number === null ? isOfSome(kind, reference.name, text) : ever(kind, reference.name, number).has(text));
          if (!isRight) fail(`${taskId} starts on ${machine.name} with ${text} as its ${kind} ${reference.name}`);
        }
      },
      converged() {
        for (const machine of workers)
          for (const state of machine.engine.all()) {
            const { taskId, container, status, nodeId } = state;
            if (status !== "running" || nodeId !== machine.identity?.nodeId) continue;
            const started = atStart.get(runOf(machine, state));
            for (const [index, content] of used(taskId, container).entries()) {
              const { kind, reference } = content;
              const text = fileOf(machine, taskId, content);
              if (numberOf(reference) === null && reference.onChange !== "signal") {
                const before = started?.[index];
                if (before !== undefined && text !== before)
                  fail(`${taskId} on ${machine.name} has started with ${before} as its ${kind}, and has ${text} now`);
                continue;
              }
              const number = numberOf(reference) ?? newestOf(truth, kind, reference.name);
              if (number !== undefined && text !== textOf(context, kind, reference.name, number))
                fail(
                  `${taskId} runs on ${machine.name} with ${text}, which is not version ${number} of ${reference.name}`,
                );
            }
          }
      },
    };
  },
};
