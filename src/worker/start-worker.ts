// A worker with its data folder and its own HTTP server, from settings. Names no engine: the runtime is handed in.

import { join } from "node:path";
import { AccessControl } from "../api/access-control.ts";
import { Client } from "../api/client.ts";
import type { Fetch } from "../api/server/shell.ts";
import { instanceHeader } from "../api/worker-instance.ts";
import type { Clock } from "../lib/clock.ts";
import { isLoopback } from "../lib/ip-address.ts";
import type { Log } from "../lib/log.ts";
import { type Random, randomText } from "../lib/random.ts";
import { configsName } from "../model/data-files.ts";
import { instanceOf } from "../model/node/instance.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { FilesOnDisk } from "./data-dir/files-on-disk.ts";
import { FormerNodesFile } from "./data-dir/former-nodes-file.ts";
import { IdentityFile } from "./data-dir/identity.ts";
import { PulledImagesFile } from "./data-dir/pulled-images-file.ts";
import { realPath } from "./data-dir/real-path.ts";
import { secretsFolder } from "./data-dir/secrets-folder.ts";
import type { Watermarks } from "./gc/image-gc.ts";
import type { NodeSettings } from "./local-node.ts";
import { lookUpHost } from "./look-up.ts";
import { createServer } from "./server.ts";
import { Worker } from "./worker.ts";

export interface StartOptions extends NodeSettings {
  /** An absolute path; no other worker may use it. */
  dataDir: string;
  masterUrl: string;
  token: string | null;
  retention: { count: number; ageMs: number };
  watermarks: Watermarks | null;
  /** Where the files of secrets lie. Null for the usual places, all in memory. */
  secretsDir: string | null;
  runtime: Runtime;
  clock: Clock;
  random: Random;
  log: Log;
}

/** Why a worker must not listen on this address without a token; null: it may. */
export function refusesAddress(host: string, token: string | null, insecure: boolean): string | null {
  if (isLoopback(host) || token !== null || insecure) return null;
  return `a worker shows logs to every client that can reach it, and ${host} can be reached from other machines. Set the master's token with --token-file or PODLING_TOKEN, or use --insecure`;
}

/** Claims the data folder. Nothing runs before `worker.start()`. Throws IdentityError if the folder cannot be used. */
export function createWorker(options: StartOptions): { worker: Worker; fetch: Fetch } {
  const { dataDir, masterUrl, token, runtime, random, log, version, hostname, address } = options;
  const identity = new IdentityFile(dataDir);
  const headers = { [instanceHeader]: instanceOf(identity.place(), randomText(random, 12)) };
  const secrets = secretsFolder(dataDir, options.secretsDir, process.env);
  if (!secrets.inMemory) {
    const why = "no folder in memory can be used: name one with --secrets-dir";
    log.warn("files of secrets would lie on a disk", { folder: secrets.path, why });
  }
  const worker = new Worker({
    ...options,
    client: new Client({ baseUrl: masterUrl, token: token ?? undefined, headers }),
    identity,
    pulledImages: new PulledImagesFile(dataDir),
    formerNodes: new FormerNodesFile(dataDir),
    files: new FilesOnDisk({ config: join(dataDir, configsName), secret: secrets.path }),
    resolvePath: realPath,
    lookUp: lookUpHost,
  });
  const allowedHosts = [hostname, ...(address === null ? [] : [address])];
  const access = new AccessControl({ server: "worker", token, allowedHosts });
  return { worker, fetch: createServer({ worker, runtime, access, log, version }) };
}
