// The clean-up of a node: its ended containers, images and volumes; for each whether it is removed or kept, and why.

import type { NodeId } from "../ids.ts";

export const cleanupKinds = ["container", "image", "volume"] as const;
export type CleanupKind = (typeof cleanupKinds)[number];

export const cleanupCodes = [
  "unused", //     Podling made or pulled it, and nothing needs it: it goes when it is asked for
  "not-asked", //  the same, but its kind was not asked for
  "in-use", //     a container, a task or another image needs it
  "not-ours", //   Podling did not make or pull it, or a user has given it another name since
  "refused", //    the engine would not remove it
] as const;
export type CleanupCode = (typeof cleanupCodes)[number];

export interface CleanupItem {
  kind: CleanupKind;
  /** The task's name, the image's reference or the volume's name. */
  name: string;
  /** The container's or the image's id; a volume's name. */
  id: string;
  /** Null if it is not known. For an image with all its layers, including shared ones. */
  sizeBytes: number | null;
  verdict: "goes" | "stays" | "removed";
  code: CleanupCode;
  message: string;
}

/** The disk that an engine keeps its data on. */
export interface DiskUsage {
  path: string;
  usedBytes: number;
  /** Used, plus what is free for users other than root. */
  totalBytes: number;
}

export interface Cleanup {
  nodeId: NodeId;
  hostname: string;
  /** True when nothing was removed: the items show what would be. */
  dryRun: boolean;
  /** Null if the worker cannot read the engine's disk. */
  disk: DiskUsage | null;
  /** Removed items first, then kept ones; each kind in its own order. */
  items: CleanupItem[];
  /** How many kept items were left out because of the limit of an answer. */
  omitted: number;
}

export function usedPercent({ usedBytes, totalBytes }: DiskUsage): number {
  return totalBytes === 0 ? 0 : (100 * usedBytes) / totalBytes;
}
