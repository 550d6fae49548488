// The engine itself, over the Docker Engine API.

import { statfs } from "node:fs/promises";
import type { DiskUsage } from "../../model/node/cleanup.ts";
import { dockerArch } from "../../model/node/node.ts";
import type { Engine, Machine } from "../engine.ts";
import { bridgeFault, type EngineInfoAnswer, type MachineFacts, machineFacts } from "./bridge-network.ts";
import type { EngineHttp } from "./engine-http.ts";
import { imageFolders, type StoreInfo } from "./image-store.ts";

/** The usage of the file system that holds this path; null if there is no such path. */
export type DiskReading = (path: string) => Promise<DiskUsage | null>;

export class DockerEngine implements Engine {
  readonly #http: EngineHttp;
  readonly #readDisk: DiskReading;
  readonly #facts: MachineFacts;
  /** Null until the engine has said it. */
  #imageFolders: string[] | null = null;

  constructor(http: EngineHttp, readDisk: DiskReading, facts: MachineFacts = machineFacts) {
    this.#http = http;
    this.#readDisk = readDisk;
    this.#facts = facts;
  }

  ping(): Promise<void> {
    return this.#http.ping();
  }

  async info(): Promise<Machine> {
    const info = await this.#http.json<
      EngineInfoAnswer &
        StoreInfo & {
          ServerVersion: string;
          OSType: string;
          Architecture: string;
          NCPU: number;
          MemTotal: number;
        }
    >("GET", "/info");
    // An engine that was upgraded may have moved its images.
    this.#imageFolders = await imageFolders(info, this.#facts.read);
    return {
      engine: {
        name: (await this.#http.isPodman()) ? "podman" : "docker",
        version: info.ServerVersion,
        os: info.OSType,
        arch: dockerArch(info.Architecture),
      },
      cpu: info.NCPU,
      memory: info.MemTotal,
      imageFolders: this.#imageFolders,
      fault: await bridgeFault(this.#http, info, this.#facts),
    };
  }

  async disk(): Promise<DiskUsage | null> {
    // Over TCP the engine is most likely on another machine, and its path would be read on this one.
    if (!this.#http.host.startsWith("unix://")) return null;
    this.#imageFolders ??= await imageFolders(await this.#http.json<StoreInfo>("GET", "/info"), this.#facts.read);
    for (const folder of this.#imageFolders) {
      const usage = await this.#readDisk(folder);
      if (usage !== null) return usage;
    }
    return null;
  }
}

/** As df counts: what is reserved for root is neither used nor free. */
export async function readDisk(path: string): Promise<DiskUsage | null> {
  try {
    const { bsize, blocks, bfree, bavail } = await statfs(path);
    const usedBytes = (blocks - bfree) * bsize;
    return { path, usedBytes, totalBytes: usedBytes + bavail * bsize };
  } catch {
    return null; // the worker runs in a container, or must not read the path: the disk cannot be seen from here
  }
}
