// What a node can be cleaned of: ended containers, images, volumes; for each whether it goes or stays, and why.

import type { NodeId } from "../ids.ts";

export const cleanupKinds = ["container", "image", "volume"] as const;
export type CleanupKind = (typeof cleanupKinds)[number];

export const cleanupCodes = [
  "unused", //     Podling made or pulled it, and nothing needs it: it goes when it is asked for
  "not-asked", //  the same, but its kind was not asked for
  "in-use", //     a container, a task or another image needs it
  "not-ours", //   Podling did not make or pull it, or somebody has given it another name since
  "refused", //    the engine would not remove it
] as const;
export type CleanupCode = (typeof cleanupCodes)[number];

export interface CleanupItem {
  kind: CleanupKind;
  /** As people know it: the task's name, the image's reference, the volume's name. */
  name: string;
  /** The container's or the image's id; a volume's name. */
  id: string;
  /** Null: not known. Of an image with its layers, also those that it shares. */
  sizeBytes: number | null;
  verdict: "goes" | "stays" | "removed";
  code: CleanupCode;
  message: string;
}

/** The disk that an engine keeps its data on. */
export interface DiskUsage {
  path: string;
  usedBytes: number;
  /** Used, and free for whoever is not root. */
  totalBytes: number;
}

export interface Cleanup {
  nodeId: NodeId;
  hostname: string;
  /** Nothing was removed: this is what would go. */
  dryRun: boolean;
  /** Null: the worker does not see the engine's disk. */
  disk: DiskUsage | null;
  /** What goes first, then what stays; each kind in its own order. */
  items: CleanupItem[];
  /** Items beyond the limit of an answer; only such that stay. */
  omitted: number;
}

export function usedPercent({ usedBytes, totalBytes }: DiskUsage): number {
  return totalBytes === 0 ? 0 : (100 * usedBytes) / totalBytes;
}
