// Asks a worker for a clean-up of its node, and passes the answer on.

import type { CleanupQuery } from "../../api/schemas/queries.ts";
import { workerOperations } from "../../api/worker-operations.ts";
import { readAtMost } from "../../lib/read-at-most.ts";
import { ok } from "../../lib/result.ts";
import { limits } from "../../model/limits.ts";
import type { Cleanup } from "../../model/node/cleanup.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { type AskContext, askNode, unusable } from "./ask-node.ts";

const json = "application/json";
/** An answer with the longest names stays below; a longer one is not from a worker. */
const largestAnswerBytes = 16 * 1024 * 1024;

export async function cleanNode(
  node: NodeRecord,
  method: "GET" | "POST",
  query: CleanupQuery,
  signal: AbortSignal,
  context: AskContext,
): Promise<Outcome<Cleanup>> {
  const hint =
    method === "GET"
      ? "Nothing was removed."
      : "Some of it may be removed by now: look again with podling node clean --dry-run.";
  const request = {
    operation: method === "GET" ? workerOperations.previewCleanup : workerOperations.clean,
    timeoutMs: method === "GET" ? limits.cleanupPreviewPatienceMs : limits.cleanupPatienceMs,
  };
  // The time limit of askNode ends when the answer begins: this one also holds for its body.
  const giveUp = new AbortController();
  const cancel = context.clock.timer(request.timeoutMs, () =>
    giveUp.abort(new Error(`no whole answer in ${request.timeoutMs / 1000} s`)),
  );
  const either = AbortSignal.any([signal, giveUp.signal]);
  try {
    const answer = await askNode(node, { ...request, query, accept: json, signal: either, hint }, context);
    return answer.ok ? await cleanupOf(node, answer.value) : answer;
  } catch (error) {
    return refuse(
      "node-unreachable",
      `the answer of the worker on ${node.hostname} is incomplete: ${(error as Error).message}`,
      {
        hint,
        details: { nodeId: node.nodeId },
      },
    );
  } finally {
    cancel();
  }
}

async function cleanupOf(node: NodeRecord, response: Response): Promise<Outcome<Cleanup>> {
  // A worker older than this operation takes no POST at all, and has nothing at the path.
  if (response.status === 404 || response.status === 405) {
    await response.body?.cancel();
    const version = node.version === "" ? "an older version" : `version ${node.version}`;
    return refuse("node-unreachable", `the worker on ${node.hostname} has ${version}, which cannot clean up`, {
      hint: "Upgrade the worker on that node.",
      details: { nodeId: node.nodeId },
    });
  }
  if (!response.ok) return notDone(node, response);
  const text = await readAtMost(response.body, largestAnswerBytes);
  const cleanup = text === null ? null : parse<Cleanup>(text);
  if (Array.isArray(cleanup?.items)) return ok(cleanup);
  return notDone(node, response);
}

/** Passes the worker's own refusal on, if the answer is one. */
async function notDone(node: NodeRecord, response: Response): Promise<Outcome<never>> {
  const { code, message, hint = "", details = {} } = await unusable(node, response);
  return refuse(code === "engine-refused" ? code : "node-unreachable", message, { hint, details });
}

/** Null if it is not JSON. */
function parse<T>(text: string): T | null {
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}
