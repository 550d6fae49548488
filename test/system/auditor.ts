// Compares, for one cluster, what was acknowledged to clients, what the master lists, what each engine has, and what the
// tasks' own programs wrote down: no task is lost, none runs twice, nothing is left over. It changes nothing. Test support.

import type { TaskView } from "../../src/api/views/task.ts";
import { containerLabels } from "../../src/model/cluster/cluster.ts";
import { isFinished, isPlaced } from "../../src/model/task/reason.ts";
import type { EngineContainer } from "../../tools/lab/engine.ts";
import { containerProcesses } from "../../tools/lab/reaper.ts";
import { until } from "../../tools/lab/until.ts";
import { checkEnd, checkRuns } from "./audit-rules.ts";
import type { Book } from "./book.ts";
import { allTasks } from "./clients.ts";
import { metricOf, type TwoHosts, workerPage } from "./two-hosts.ts";

const quiescentMs = 60_000;

type Found = EngineContainer & { host: string; taskId: string };

export class Auditor {
  readonly #world: TwoHosts;
  readonly #book: Book;
  /** Audits that found nothing. */
  clean = 0;

  constructor(world: TwoHosts, book: Book) {
    this.#world = world;
    this.#book = book;
  }

  /** For a moment without load: everything is as acknowledged. Waits up to a minute for that; then throws all faults. */
  async audit(): Promise<void> {
    await this.#quiescent("the cluster to be as acknowledged", () => this.faults());
    this.clean++;
  }

  /** After everything was removed: no task, container, process, stream or command is left. */
  async nothingLeft(): Promise<void> {
    await this.#quiescent("nothing to be left over", () => this.leftovers());
    this.clean++;
  }

  async #quiescent(what: string, look: () => Promise<string[]>): Promise<void> {
    await until(
      what,
      async () => {
        const faults = await look();
        if (faults.length === 0) return true;
        await Bun.sleep(200);
        const more = faults.length > 20 ? `\n... and ${faults.length - 20} more` : "";
        throw new Error(`\n${faults.slice(0, 20).join("\n")}${more}`);
      },
      quiescentMs,
    );
  }

  /** Tasks with two containers, on one host or on both. Must be empty at any moment, also under load. */
  async twice(): Promise<string[]> {
    const byTask = Map.groupBy(await this.#containers(true), ({ taskId }) => taskId);
    return [...byTask]
      .filter(([, containers]) => containers.length > 1)
      .map(([taskId, containers]) => `${taskId} has ${containers.map((one) => `${one.Id} on ${one.host}`).join(", ")}`);
  }

  async faults(): Promise<string[]> {
    const tasks = await allTasks(this.#world.master);
    const listed = new Map(tasks.map((task) => [task.taskId as string, task]));
    await this.#followReplacements(listed);
    const hosts = new Map((await this.#world.nodes()).map(({ nodeId, hostname }) => [nodeId as string, hostname]));
    const hostOf = (nodeId: string | null) => (nodeId === null ? null : (hosts.get(nodeId) ?? nodeId));
    const faults = [...this.#lost(listed), ...this.#strangers(tasks), ...(await this.twice())];
    const containers = await this.#containers(false);
    faults.push(...againstEngines(listed, containers, hostOf));
    const runs = Map.groupBy(this.#book.runs(), ({ name }) => name);
    for (const [name, entry] of this.#book.entries) {
      faults.push(...checkRuns(entry, runs.get(name) ?? [], this.#world.faults, hostOf));
      faults.push(...checkEnd(entry, this.#world.faults, hostOf));
      runs.delete(name);
    }
    for (const name of runs.keys()) faults.push(`${name} has run, and was never asked for`);
    return faults;
  }

  /** Finds the replacements of tasks that run on, because no client waits for these. */
  async #followReplacements(listed: Map<string, TaskView>): Promise<void> {
    for (const entry of this.#book.entries.values()) {
      if (entry.endedMs !== null) continue;
      let next = entry.lineage.at(-1)?.taskId as string | null | undefined;
      while (next) {
        const task = listed.get(next);
        if (task) this.#book.note(entry, task);
        next = task?.replacedBy;
      }
    }
  }

  #lost(listed: Map<string, TaskView>): string[] {
    const faults: string[] = [];
    for (const entry of this.#book.entries.values()) {
      if (entry.lineage.length === 0) faults.push(`${entry.name} was asked for and never acknowledged`);
      for (const known of entry.lineage) {
        const task = listed.get(known.taskId);
        if (entry.removed) {
          if (task) faults.push(`${entry.name} (${known.taskId}) was removed and is listed as ${task.status}`);
        } else if (!task) {
          faults.push(`${entry.name} (${known.taskId}) is lost: it was ${known.status}, and was not removed`);
        } else if (isFinished(known.status) && (task.status !== known.status || task.exitCode !== known.exitCode)) {
          faults.push(
            `${entry.name} (${known.taskId}) ended as ${known.status} (${known.exitCode}) and now is ${task.status} (${task.exitCode})`,
          );
        }
      }
      const newest = entry.lineage.at(-1);
      if (newest && entry.endedMs === null && newest.status !== "running") {
        faults.push(`${entry.name} (${newest.taskId}) is to run, and is ${newest.status}: ${newest.message}`);
      }
    }
    return faults;
  }

  #strangers(tasks: TaskView[]): string[] {
    const known = new Set(
      [...this.#book.entries.values()].flatMap(({ lineage }) => lineage.map(({ taskId }) => taskId)),
    );
    return tasks
      .filter(({ taskId }) => !known.has(taskId))
      .map(({ name, taskId, status }) => `${name} (${taskId}) is listed as ${status}, and was never acknowledged`);
  }

  async leftovers(): Promise<string[]> {
    const { master, places, lab } = this.#world;
    const faults: string[] = [];
    for (const { name, taskId } of await allTasks(master)) faults.push(`the master lists ${name} (${taskId})`);
    for (const { Id, host, State, taskId } of await this.#containers(false)) {
      faults.push(`${host} has the container ${Id.slice(0, 12)} of ${taskId}, ${State}`);
    }
    const { inContainers, shims } = containerProcesses(lab.claim);
    const { forgotten } = this.#world.faults;
    for (const { pid, program, containerId } of inContainers) {
      if (!forgotten.has(containerId)) faults.push(`process ${pid} (${program}) is in the cgroup of ${containerId}`);
    }
    for (const { pid, containerId } of shims) {
      if (!forgotten.has(containerId)) faults.push(`process ${pid} watches over the container ${containerId}`);
    }
    const metrics = await (await master.fetch("/metrics")).text();
    const streams = metricOf(metrics, "podling_streams");
    if (streams !== places.length) faults.push(`the master has ${streams} streams open for ${places.length} workers`);
    const inbox = metricOf(metrics, "podling_inbox_commands");
    if (inbox !== 0) faults.push(`${inbox} commands wait in the master's inbox`);
    for (const { runningTasks, hostname } of await this.#world.nodes()) {
      if (runningTasks !== 0) faults.push(`${hostname} counts ${runningTasks} tasks`);
    }
    for (const place of places) {
      const held = JSON.parse(await workerPage(place, "/tasks")) as { taskId: string }[];
      for (const { taskId } of held) faults.push(`the worker of ${place.host.name} still holds ${taskId}`);
    }
    return faults;
  }

  /** All of this cluster's containers. With `mayBeAway`, an engine that does not answer counts as empty. */
  async #containers(mayBeAway: boolean): Promise<Found[]> {
    const lists = this.#world.places.map(async ({ host }) => {
      try {
        const containers = await host.engine.containers(containerLabels.task);
        return containers.map((one) => ({ ...one, host: host.name, taskId: one.Labels[containerLabels.task]! }));
      } catch (error) {
        if (mayBeAway) return [];
        throw error;
      }
    });
    return (await Promise.all(lists)).flat();
  }
}

/** Each container belongs to a task that is placed on its host; each running task has a running container. */
function againstEngines(
  listed: Map<string, TaskView>,
  containers: Found[],
  hostOf: (nodeId: string | null) => string | null,
): string[] {
  const faults: string[] = [];
  const running = new Set<string>();
  for (const { Id, taskId, host, State } of containers) {
    const task = listed.get(taskId);
    const which = `the container ${Id.slice(0, 12)} on ${host}`;
    if (!task) faults.push(`${which} (${State}) is of ${taskId}, which was removed`);
    else if (hostOf(task.nodeId) !== host)
      faults.push(`${which} is of ${taskId}, whose node is ${hostOf(task.nodeId)}`);
    else if (State === "running" && !isPlaced(task.status))
      faults.push(`${which} runs, and ${taskId} is ${task.status}`);
    if (State === "running") running.add(taskId);
  }
  for (const { taskId, status, name } of listed.values()) {
    if (status === "running" && !running.has(taskId))
      faults.push(`${name} (${taskId}) is running, without a container`);
  }
  return faults;
}
