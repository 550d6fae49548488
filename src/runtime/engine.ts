// The port to the engine itself.

import type { DiskUsage } from "../model/node/cleanup.ts";
import type { EngineInfo } from "../model/node/node.ts";

export interface Machine {
  engine: EngineInfo;
  /** Cores. */
  cpu: number;
  /** Bytes. */
  memory: number;
  /** Why no container can start although the engine answers. Null if nothing is known; left out if the adapter cannot tell. */
  fault?: string | null;
  /** The folders that may hold the engine's images, the most likely first. Left out if the adapter cannot tell. */
  imageFolders?: readonly string[];
}

export interface Engine {
  /** Resolves if the engine answers. Cheap; gives up by itself. Throws RuntimeError("engine-unavailable"). */
  ping(): Promise<void>;

  /** The engine's name, version and platform, and the machine's cores and bytes. Throws RuntimeError("engine-unavailable"). */
  info(): Promise<Machine>;

  /** The disk with the engine's images; null if it cannot be seen from here (an engine on another machine). */
  disk(): Promise<DiskUsage | null>;
}
