// Asks the worker of a node to work on a named volume.

import { workerOperations } from "../../api/worker-operations.ts";
import { readAtMost } from "../../lib/read-at-most.ts";
import { ok } from "../../lib/result.ts";
import { limits } from "../../model/limits.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { VolumeRemoval } from "../../model/volume/volume.ts";
import { type AskContext, askNode, unusable } from "./ask-node.ts";

const json = "application/json";
/** An answer of a worker has one sentence. */
const answerBytes = 16 * 1024;

export async function removeVolumeOn(
  node: NodeRecord,
  name: string,
  signal: AbortSignal,
  context: AskContext,
): Promise<Outcome<VolumeRemoval>> {
  const answer = await askNode(
    node,
    {
      ...{ operation: workerOperations.removeVolume, parameters: { id: name }, accept: json, signal },
      ...{ timeoutMs: limits.volumeRemovalMs + limits.removePatienceMs, hint: "The volume may be removed by now." },
    },
    context,
  );
  if (!answer.ok) return answer;
  if (!answer.value.ok) return refusedBy(node, answer.value);
  const text = await readAtMost(answer.value.body, answerBytes);
  try {
    const { removed, message } = JSON.parse(text ?? "") as VolumeRemoval;
    return ok({ removed: removed === true, message: String(message) });
  } catch {
    return refusedBy(node, answer.value);
  }
}

/** Passes the worker's own refusal on, if the answer is one. */
async function refusedBy(node: NodeRecord, response: Response): Promise<Outcome<never>> {
  const refusal = await unusable(node, response);
  // Earlier workers have nothing at this path.
  if (refusal.code === "route-not-found" || refusal.code === "method-not-allowed") {
    const version = node.version === "" ? "" : ` (version ${node.version})`;
    return refuse("unprocessable", `the worker of ${node.hostname}${version} cannot work on volumes`, {
      hint: "Upgrade the worker on that node.",
      details: { nodeId: node.nodeId },
    });
  }
  return { ok: false, refusal };
}
