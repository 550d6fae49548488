// The nodes that this worker was before, as a file in its data folder.

import { join } from "node:path";
import { isObject } from "../../lib/is-object.ts";
import { formerNodesName } from "../../model/data-files.ts";
import type { FormerNode } from "../former-nodes.ts";
import { ListFile } from "./list-file.ts";

export class FormerNodesFile extends ListFile<FormerNode> {
  constructor(dataDir: string) {
    super(join(dataDir, formerNodesName), "nodes", isFormerNode);
  }
}

function isFormerNode(value: unknown): value is FormerNode {
  if (!isObject(value)) return false;
  const { nodeId, clusterId, taskIds, isWhole } = value;
  const isListed = Array.isArray(taskIds) && taskIds.every((id) => typeof id === "string");
  return typeof nodeId === "string" && typeof clusterId === "string" && isListed && typeof isWhole === "boolean";
}
