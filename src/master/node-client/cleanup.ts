// A clean-up of a node, asked of the worker there and handed on.

import type { CleanupQuery } from "../../api/schemas/schemas.ts";
import { ok } from "../../lib/result.ts";
import { limits } from "../../model/limits.ts";
import type { Cleanup } from "../../model/node/cleanup.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { type AskContext, askNode, readAtMost, unexpected } from "./ask-node.ts";

const json = "application/json";
/** An answer full of long names stays below; what is beyond it is none of a worker. */
const largestAnswerBytes = 16 * 1024 * 1024;

export async function cleanNode(
  node: NodeRecord,
  method: "GET" | "POST",
  query: CleanupQuery,
  signal: AbortSignal,
  context: AskContext,
): Promise<Outcome<Cleanup>> {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) params.set(key, String(value));
  const hint =
    method === "GET"
      ? "Nothing was removed."
      : "What was to be removed may be so by now: look again with podling node clean --dry-run.";
  const answer = await askNode(node, `/cleanup?${params}`, context, {
    ...{ method, accept: json, signal, hint },
    timeoutMs: method === "GET" ? limits.cleanupPreviewPatienceMs : limits.cleanupPatienceMs,
  });
  if (!answer.ok) return answer;
  try {
    return await cleanupOf(node, answer.value);
  } catch (error) {
    return refuse(
      "node-unreachable",
      `the answer of the worker on ${node.hostname} broke off: ${(error as Error).message}`,
      {
        hint,
        details: { nodeId: node.nodeId },
      },
    );
  }
}

async function cleanupOf(node: NodeRecord, response: Response): Promise<Outcome<Cleanup>> {
  // Before it had this operation a worker took no POST at all, and had nothing at the path.
  if (response.status === 404 || response.status === 405) {
    await response.body?.cancel();
    const version = node.version === "" ? "an older version" : `version ${node.version}`;
    return refuse("node-unreachable", `the worker on ${node.hostname} is of ${version}, which cannot clean`, {
      hint: "Upgrade the worker on that node.",
      details: { nodeId: node.nodeId },
    });
  }
  if (!response.ok) return notDone(node, response);
  const text = await readAtMost(response, largestAnswerBytes);
  const cleanup = text === null ? null : parse<Cleanup>(text);
  if (Array.isArray(cleanup?.items)) return ok(cleanup);
  return unexpected(node, new Response((text ?? "too much").slice(0, 200), { status: response.status }));
}

/** The worker's own refusal, where it is one. */
async function notDone(node: NodeRecord, response: Response): Promise<Outcome<never>> {
  if (response.status !== 503) return unexpected(node, response);
  const text = (await readAtMost(response, largestAnswerBytes)) ?? "";
  const refusal = parse<{ error?: string; hint?: string }>(text);
  if (typeof refusal?.error !== "string") return unexpected(node, new Response(text.slice(0, 200), { status: 503 }));
  return refuse("node-unreachable", `${node.hostname}: ${refusal.error}`, {
    hint: refusal.hint ?? "Look at the worker's log there.",
    details: { nodeId: node.nodeId },
  });
}

/** Null: it is no JSON. */
function parse<T>(text: string): T | null {
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}
