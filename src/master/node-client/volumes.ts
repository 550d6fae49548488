// Asks the worker of a node to work on a named volume.

import { tarMediaType } from "../../api/operations/operation.ts";
import { revisionHeader } from "../../api/revision-header.ts";
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

/** `revision`: the worker keeps what has come to the node at a later one, because then this request is late. */
export async function removeVolumeOn(
  node: NodeRecord,
  name: string,
  revision: number,
  signal: AbortSignal,
  context: AskContext,
): Promise<Outcome<VolumeRemoval>> {
  const answer = await askNode(
    node,
    {
      ...{ operation: workerOperations.removeVolume, parameters: { id: name }, accept: json, signal },
      headers: { [revisionHeader]: String(revision) },
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

/** The files of a volume as the worker sends them. */
export async function archiveOn(
  node: NodeRecord,
  name: string,
  signal: AbortSignal,
  context: AskContext,
): Promise<Outcome<ReadableStream<Uint8Array>>> {
  const answer = await askNode(
    node,
    {
      ...{ operation: workerOperations.archiveVolume, parameters: { id: name }, accept: tarMediaType, signal },
      // The engine begins to read the files before the worker answers.
      ...{ timeoutMs: limits.volumeSilenceMs, hint: "Nothing was changed." },
    },
    context,
  );
  if (!answer.ok) return answer;
  const { body, ok: isOk, headers } = answer.value;
  if (!isOk || body === null || headers.get("content-type") !== tarMediaType) return refusedBy(node, answer.value);
  return ok(body);
}

/** Makes the volume on the node from such an archive. `revision`: at which it was asked for. */
export async function fillOn(
  node: NodeRecord,
  name: string,
  { archive, replace, revision }: { archive: ReadableStream<Uint8Array>; replace: boolean; revision: number },
  signal: AbortSignal,
  context: AskContext,
): Promise<Outcome<null>> {
  const answer = await askNode(
    node,
    {
      ...{ operation: workerOperations.fillVolume, parameters: { id: name }, query: { replace }, accept: json, signal },
      ...{ upload: archive, headers: { "content-type": tarMediaType, [revisionHeader]: String(revision) } },
      ...{ timeoutMs: limits.volumeCopyMs, hint: "The copy is incomplete." },
    },
    context,
  );
  if (!answer.ok) return answer;
  if (!answer.value.ok) return refusedBy(node, answer.value);
  await answer.value.body?.cancel();
  return ok(null);
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
