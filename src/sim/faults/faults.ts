// Makes the faults of a plan happen, repairs each after its time, and records which machine it disturbed.

import { type Random, randomInteger } from "../../lib/random.ts";
import { limits } from "../../model/limits.ts";
import { sandboxContainer } from "../../model/task/spec.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import type { WorkerMachine } from "../machines/worker-machine.ts";
import type { RunContext } from "../run/context.ts";
import { clocks, engineOf, everybody, masterPauses } from "./disturbance.ts";
import type { FaultKind } from "./fault-kinds.ts";
import type { Fault } from "./plan.ts";

/** Repairs what a fault broke. */
type Repair = () => void;

export class Faults {
  readonly #context: RunContext;
  readonly #random: Random;
  readonly #repairs = new Set<Repair>();
  /** Faults that happened, by kind. */
  readonly counts = new Map<FaultKind, number>();

  constructor(context: RunContext, faults: readonly Fault[]) {
    this.#context = context;
    this.#random = context.world.random("faults");
    for (const fault of faults) context.world.after(fault.atMs, () => this.#happen(fault));
  }

  /** Repairs everything; no fault happens after this. */
  healAll(): void {
    for (const repair of [...this.#repairs]) repair();
    this.#context.away.clear();
  }

  #happen(fault: Fault): void {
    const { world, disturbance } = this.#context;
    const worker = this.#targetOf(fault);
    if (this.#context.repaired || worker === undefined) return;
    const repair = this.#break(fault, worker);
    if (repair === null) return;
    this.counts.set(fault.kind, (this.counts.get(fault.kind) ?? 0) + 1);
    world.note(`fault ${fault.index} ${fault.kind} at ${worker.name} for ${fault.durationMs} ms`);
    const whom = concerned(fault, worker);
    const once: Repair = () => {
      if (!this.#repairs.delete(once)) return;
      world.note(`fault ${fault.index} ${fault.kind} is over`);
      if (whom !== null) disturbance.end(whom);
      repair();
    };
    this.#repairs.add(once);
    if (whom !== null) disturbance.begin(whom);
    world.after(fault.durationMs, once);
  }

  /** The machine that it disturbs. Undefined if there is none of that kind now. */
  #targetOf({ kind, target }: Fault): WorkerMachine | undefined {
    const { workers } = this.#context;
    const isFilling = ({ engine, worker }: WorkerMachine) => worker !== null && engine.storage.partial.length > 0;
    const meant = kind === "fill-interrupted" ? workers.filter(isFilling) : workers;
    return meant[target % meant.length];
  }

  /** Null if there is nothing that it could break now. */
  #break(fault: Fault, worker: WorkerMachine): Repair | null {
    const { master } = this.#context;
    switch (fault.kind) {
      case "master-crash":
        master.crash();
        return () => master.start();
      case "master-power":
        master.powerOff();
        return () => master.powerOn();
      case "master-upgrade":
        master.upgrade();
        return () => master.start();
      case "master-pause":
      case "worker-pause":
        return this.#pause(fault, worker);
      case "worker-crash":
      case "fill-interrupted":
        worker.crash();
        this.#leaves(worker);
        return () => {
          worker.start();
          this.#returns(worker);
        };
      case "worker-upgrade":
        // Between a crash and its end there is no worker to upgrade.
        if (!worker.worker) return null;
        worker.upgrade();
        return () => {};
      case "node-power":
      case "node-wiped":
        return this.#power(fault, worker);
      case "partition":
      case "partition-there":
      case "partition-back":
      case "partition-many":
        return this.#cut(fault, worker);
      case "slow-link":
      case "lossy-link":
      case "duplicates":
      case "broken-streams":
        return this.#disturbLink(fault, worker);
      case "removal-comes-again":
        return this.#repeatLate(fault, worker);
      case "disk-full":
      case "disk-broken":
      case "disk-slow":
      case "disk-unsure":
        return this.#disk(fault);
      case "clock-jump":
        return this.#jump(fault, worker);
      case "image-gone":
      case "registry-slow":
        return this.#disturbRegistry(fault);
      case "sandbox-dies":
      case "sandbox-removed":
      case "member-dies":
      case "member-removed":
        return this.#disturbPod(fault, worker);
      default:
        return this.#engine(fault, worker);
    }
  }

  #leaves(worker: WorkerMachine): void {
    const { away, world } = this.#context;
    if (!away.has(worker.name)) away.set(worker.name, world.now);
  }

  #returns(worker: WorkerMachine): void {
    this.#context.away.delete(worker.name);
  }

  #pause({ kind, strength }: Fault, worker: WorkerMachine): Repair | null {
    const process = kind === "master-pause" ? this.#context.master.process : worker.process;
    if (!process || process.paused) return null;
    process.pause();
    if (kind === "worker-pause" || strength < 0.5) return () => process.resume();
    // A machine that is suspended is off the network, too: messages of that time do not wait in its sockets.
    const { network, workers } = this.#context;
    const peers = ["clients", "watcher", "balancer", ...workers.map(({ name }) => name)];
    for (const peer of peers) network.cut(peer, "master");
    return () => {
      process.resume();
      for (const peer of peers) network.heal(peer, "master");
    };
  }

  #power({ kind }: Fault, worker: WorkerMachine): Repair | null {
    if (!worker.host.up) return null;
    worker.powerOff();
    this.#leaves(worker);
    return () => {
      if (kind === "node-wiped") worker.wipe();
      worker.powerOn();
      this.#returns(worker);
    };
  }

  #cut({ kind, strength }: Fault, worker: WorkerMachine): Repair {
    const { network, workers } = this.#context;
    const many = kind === "partition-many";
    // With the way from the master cut alone, its messages still arrive.
    const silent = !many && kind !== "partition-there";
    const cut = many ? workers.filter(() => this.#random.next() < Math.max(0.3, strength)) : [worker];
    for (const { name } of cut) {
      if (kind !== "partition-back") network.cut("master", name);
      if (kind !== "partition-there") network.cut(name, "master");
      if (silent) this.#leaves(worker);
    }
    return () => {
      for (const { name } of cut) {
        if (kind !== "partition-back") network.heal("master", name);
        if (kind !== "partition-there") network.heal(name, "master");
      }
      if (silent) this.#returns(worker);
    };
  }

  #disturbLink({ kind, strength }: Fault, { name }: WorkerMachine): Repair {
    const { network } = this.#context;
    if (kind === "broken-streams") {
      network.breakStreams(strength);
      return () => {};
    }
    const links = [network.link("master", name), network.link(name, "master"), network.link("clients", "master")];
    for (const link of links) {
      if (kind === "slow-link") Object.assign(link, { minDelayMs: 20, maxDelayMs: 50 + strength * 800 });
      else if (kind === "lossy-link") link.loss = strength * 0.3;
      else link.duplicates = strength;
    }
    return () => {
      for (const link of links) {
        if (!link.cut) Object.assign(link, { minDelayMs: 0.1, maxDelayMs: 1.5, loss: 0, duplicates: 0 });
      }
    };
  }

  /** Of what a master asks of a worker, only the removal of a volume may be repeated. */
  #repeatLate({ strength }: Fault, { name }: WorkerMachine): Repair {
    const link = this.#context.network.link("master", name);
    link.againMs = 1000 + strength * 30_000;
    return () => {
      link.againMs = 0;
    };
  }

  #disk({ kind, strength }: Fault): Repair {
    const { disk } = this.#context.master;
    if (kind === "disk-slow") {
      // Faults of one kind may overlap, and end in any order: the slowness of the newest that is left counts.
      const slow = { min: 50, max: 100 + strength * 3000 };
      disk.slowness.push(slow);
      return () => {
        disk.slowness.splice(disk.slowness.indexOf(slow), 1);
      };
    }
    if (kind === "disk-unsure") {
      disk.unknownShare = strength;
      return () => {
        disk.unknownShare = 0;
      };
    }
    disk.trouble = kind === "disk-full" ? "full" : "broken";
    return () => {
      disk.trouble = "none";
    };
  }

  #disturbRegistry({ kind, strength }: Fault): Repair {
    const { registry, workers } = this.#context;
    if (kind === "registry-slow") {
      const ms = Math.round(strength * 40_000);
      registry.slowness.push(ms);
      return () => {
        registry.slowness.splice(registry.slowness.indexOf(ms), 1);
      };
    }
    registry.gone++;
    // Engines without a container of it have cleaned up meanwhile.
    for (const { engine } of workers) engine.storage.removeImage("sha256:app:latest", ["app:latest"]);
    return () => {
      registry.gone--;
    };
  }

  /** One container of a task of several ends, or someone removes it; or that which holds their network. */
  #disturbPod({ kind }: Fault, { engine, host }: WorkerMachine): Repair | null {
    const isVictim = ({ container, joined, status }: Readonly<ContainerState>) => {
      const isMeant = kind.startsWith("sandbox") ? container === sandboxContainer : joined !== undefined;
      return isMeant && (status === "running" || kind === "member-removed");
    };
    const victims = host.up ? engine.all().filter(isVictim) : [];
    const victim = victims[randomInteger(this.#random, Math.max(1, victims.length))];
    if (!victim) return null;
    if (kind.endsWith("removed")) engine.removeContainer(victim.containerId);
    else engine.endContainer(victim.containerId, 137);
    return () => {};
  }

  /** A clock is set wrong, stays so for a while, and is set right. */
  #jump({ strength, target }: Fault, worker: WorkerMachine): Repair {
    const host = target % 3 === 0 ? this.#context.master.host : worker.host;
    const hours = target % 2 === 0 ? strength * 2 : -strength * 2;
    host.clockOffsetMs = Math.round(hours * 3_600_000 * (target % 5 === 0 ? 1 : 0.002));
    return () => {
      host.clockOffsetMs = 0;
    };
  }

  #engine({ kind, strength }: Fault, worker: WorkerMachine): Repair | null {
    const { engine, engineDelayMs } = worker;
    if (!worker.host.up) return null;
    const running = engine.all().filter(({ status }) => status === "running");
    const victim = running[randomInteger(this.#random, Math.max(1, running.length))];
    switch (kind) {
      case "engine-slow":
        Object.assign(engineDelayMs, { min: 50, max: 100 + strength * 4000 });
        return () => Object.assign(engineDelayMs, { min: 1, max: 10 });
      case "events-lost":
        engine.loseEvents(1 + Math.floor(strength * 10));
        return () => engine.loseEvents(0);
      case "container-removed":
        if (victim) engine.removeBehindBack(victim.taskId);
        return victim ? () => {} : null;
      case "container-dies":
        if (victim) engine.end(victim.taskId, 137, strength < 0.5);
        return victim ? () => {} : null;
      case "engine-hangs-at-start":
        if (!worker.worker) return null;
        engine.goAway({ hang: true, killContainers: false });
        worker.upgrade();
        return () => {
          if (worker.host.up && worker.engine === engine) engine.comeBack();
        };
      default:
        engine.goAway({ hang: kind === "engine-hangs", killContainers: kind === "engine-restart" && strength < 0.5 });
        return () => {
          if (worker.host.up && worker.engine === engine) engine.comeBack();
        };
    }
  }
}

/** What it disturbs, so that checkers excuse it. Null for a fault that must change nothing. */
function concerned({ kind, durationMs }: Fault, worker: WorkerMachine): string | null {
  if (kind === "image-gone" || kind === "registry-slow" || kind === "removal-comes-again") return null;
  if (kind === "master-pause") return masterPauses;
  if (kind === "clock-jump") return clocks;
  if (kind === "worker-pause" && durationMs <= limits.heartbeatStallMs) return null;
  if (/^(engine|container|events|sandbox|member)/.test(kind)) return engineOf(worker.name);
  // A worker that is upgraded is back within the grace of its stream.
  if (kind === "worker-upgrade") return engineOf(worker.name);
  return /^(master|disk|partition-many|broken)/.test(kind) ? everybody : worker.name;
}
