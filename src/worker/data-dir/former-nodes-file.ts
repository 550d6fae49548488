// The nodes that this worker was before, as a file in its data folder.

import { join } from "node:path";
import { isObject } from "../../lib/is-object.ts";
import { formerNodesName } from "../../model/data-files.ts";
import type { FormerNode, FormerNodesStore } from "../former-nodes.ts";
import { readList } from "./list-file.ts";
import { writeWhole } from "./whole-file.ts";

export class FormerNodesFile implements FormerNodesStore {
  readonly #path: string;

  constructor(dataDir: string) {
    this.#path = join(dataDir, formerNodesName);
  }

  read(): { nodes: FormerNode[]; damage: string | null } {
    const { list, damage } = readList(this.#path, "nodes", isFormerNode);
    return { nodes: list, damage };
  }

  /** Atomic: a crash in the middle leaves the old file. */
  write(nodes: readonly FormerNode[]): void {
    writeWhole(this.#path, `${JSON.stringify({ nodes })}\n`);
  }
}

function isFormerNode(value: unknown): value is FormerNode {
  if (!isObject(value)) return false;
  const { nodeId, clusterId, taskIds, isWhole } = value;
  const isListed = Array.isArray(taskIds) && taskIds.every((id) => typeof id === "string");
  return typeof nodeId === "string" && typeof clusterId === "string" && isListed && typeof isWhole === "boolean";
}
