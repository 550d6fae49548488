// The machine of the master. Its disk outlives the program; each start runs the real master on it again.

import type { Retention } from "../../core/reconcile/reconciler.ts";
import { MemoryKeys } from "../../keys/memory-keys.ts";
import { drawSeed, type Random, randomInteger, seededRandom } from "../../lib/random.ts";
import { type Master, startMaster } from "../../master/master.ts";
import type { Strategy } from "../../model/cluster/cluster.ts";
import { SimulatedDisk } from "../world/disk.ts";
import { DiskJournal } from "../world/disk-journal.ts";
import { Host } from "../world/host.ts";
import type { Network } from "../world/network.ts";
import { Process } from "../world/process.ts";
import type { World } from "../world/world.ts";

export const masterPort = 8080;
export const masterUrl = `http://master:${masterPort}`;

/** How long a start takes. */
const startMs = 150;

export interface MasterMachineOptions {
  world: World;
  network: Network;
  strategy: Strategy;
  snapshotChanges: number;
  /** Of finished tasks. */
  retention: Retention;
  massLossFraction: number;
  /** An invariant of the code is broken: the process ends. */
  onBroken: (error: unknown) => void;
}

export class MasterMachine {
  readonly host: Host;
  readonly disk: SimulatedDisk;
  /** With which its secrets are sealed. It survives every crash, as a file does. */
  readonly keys: MemoryKeys;
  readonly #options: MasterMachineOptions;
  readonly #random: Random;
  #process: Process | null = null;
  #master: Master | null = null;
  /** True when it should be up. */
  #wanted = false;
  /** Called for each run of the master, when it has recovered. */
  onStarted: () => void = () => {};

  constructor(options: MasterMachineOptions) {
    this.#options = options;
    this.host = new Host(options.world, "master");
    options.network.addHost(this.host);
    this.#random = options.world.random("master");
    this.disk = new SimulatedDisk(options.world.random("disk"));
    const random = options.world.random("key");
    this.keys = new MemoryKeys((bytes) => Uint8Array.from({ length: bytes }, () => randomInteger(random, 256)));
  }

  get retention(): Retention {
    return this.#options.retention;
  }

  get process(): Process | null {
    return this.#process;
  }

  get master(): Master | null {
    return this.#master;
  }

  start(): void {
    this.#wanted = true;
    if (this.#process || !this.host.up) return;
    const { world, network, strategy, snapshotChanges, retention, massLossFraction, onBroken } = this.#options;
    const process = new Process(world, this.host, "master");
    this.#process = process;
    world.note(`${process.name} starts`);
    process.clock.timer(startMs, () => {
      const journal = new DiskJournal(this.disk, (delayMs, done) => process.clock.timer(delayMs, done));
      const master = startMaster({
        journal,
        clock: process.clock,
        random: seededRandom(drawSeed(this.#random)),
        log: process.log,
        version: { version: "0.1.0-sim", commit: "sim", api: "v1" },
        strategy,
        keys: this.keys,
        snapshotChanges,
        // Only the two newest snapshots and what follows: so truncation is part of every run.
        history: { ms: 0, bytes: Number.POSITIVE_INFINITY },
        retention,
        massLossFraction,
        token: null,
        allowedHosts: ["master"],
        fetch: network.fetchFor(process),
        onFatal: (error) => {
          onBroken(error);
          this.crash();
        },
      });
      this.#master = master;
      network.listen(process, masterPort, (request, connection) => master.fetch(request, connection));
      void master.ready.then(() => this.onStarted(), onBroken);
    });
  }

  /** kill -9. What was not synced may be lost. */
  crash(): void {
    const process = this.#process;
    if (!process) return;
    this.#options.world.note(`${process.name} crashes`);
    this.#process = null;
    this.#master = null;
    process.kill();
    this.disk.crash();
  }

  /** SIGTERM: it finishes the commands that it has. Then the next version starts. */
  upgrade(): void {
    const process = this.#process;
    const master = this.#master;
    if (!process || !master) return;
    this.#options.world.note(`${process.name} is upgraded`);
    void master.stop().then(() => {
      if (this.#process !== process) return;
      this.#process = null;
      this.#master = null;
      process.kill();
      if (this.#wanted) this.start();
    });
  }

  powerOff(): void {
    this.host.up = false;
    this.crash();
  }

  powerOn(): void {
    this.host.up = true;
    if (this.#wanted) this.start();
  }
}
