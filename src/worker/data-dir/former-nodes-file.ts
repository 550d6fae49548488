// The nodes that this worker was before, as a file in its data folder.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "../../lib/is-object.ts";
import { formerNodesName } from "../../model/data-files.ts";
import type { FormerNode, FormerNodesStore } from "../former-nodes.ts";
import { writeWhole } from "./whole-file.ts";

export class FormerNodesFile implements FormerNodesStore {
  readonly #path: string;

  constructor(dataDir: string) {
    this.#path = join(dataDir, formerNodesName);
  }

  read(): { nodes: FormerNode[]; damage: string | null } {
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      return { nodes: [], damage: code === "ENOENT" ? null : message };
    }
    try {
      const { nodes } = JSON.parse(text) as { nodes: FormerNode[] };
      if (Array.isArray(nodes) && nodes.every(isFormerNode)) return { nodes, damage: null };
    } catch {
      // Not JSON: reported below.
    }
    return { nodes: [], damage: `${this.#path} is damaged` };
  }

  /** Atomic: a crash in the middle leaves the old file. */
  write(nodes: readonly FormerNode[]): void {
    writeWhole(this.#path, `${JSON.stringify({ nodes })}\n`);
  }
}

function isFormerNode(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { nodeId, clusterId, taskIds, isWhole } = value;
  const isListed = Array.isArray(taskIds) && taskIds.every((id) => typeof id === "string");
  return typeof nodeId === "string" && typeof clusterId === "string" && isListed && typeof isWhole === "boolean";
}
