// The master's calls to a worker's own HTTP server: with its token, a limit on the wait, and a sentence where there is no
// answer or none that makes sense.

import type { Clock } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";

export interface AskContext {
  token: string | null;
  clock: Clock;
  /** For tests and simulation. */
  fetch: (url: string, init: RequestInit) => Promise<Response>;
}

export interface Asked {
  method?: "GET" | "POST";
  accept: string;
  signal: AbortSignal;
  /** What else to say where the node does not answer. */
  hint: string;
  timeoutMs?: number;
}

/** A worker that has not begun to answer by then is unreachable. */
const answerTimeoutMs = 5000;

/** Of an answer that is quoted in a sentence. */
const quotedBytes = 64 * 1024;

/** The answer, whatever its status; the body of a good one may go on for as long as it wants. */
export async function askNode(
  node: NodeRecord,
  path: string,
  { token, fetch, clock }: AskContext,
  { method = "GET", accept, signal, hint, timeoutMs = answerTimeoutMs }: Asked,
): Promise<Outcome<Response>> {
  const host = node.address.includes(":") ? `[${node.address}]` : node.address;
  const giveUp = new AbortController();
  const cancel = clock.timer(timeoutMs, () => giveUp.abort(new Error(`no answer in ${timeoutMs / 1000} s`)));
  try {
    const response = await fetch(`http://${host}:${node.port}${path}`, {
      method,
      headers: { accept, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      signal: AbortSignal.any([signal, giveUp.signal]),
      // Anybody who may register a node chooses its address: it must not send the master on to another.
      redirect: "manual",
      // Bun's own idle timeout would cut a quiet log that is followed.
      ...({ timeout: false } as object),
    });
    if (response.ok) return ok(response);
    // Whatever it says instead comes whole, soon and short, or not at all.
    const said = (await readAtMost(response, quotedBytes)) ?? "something long";
    return ok(new Response(said, { status: response.status, headers: response.headers }));
  } catch (error) {
    return refuse(
      "node-unreachable",
      `cannot reach the worker on ${node.hostname} at ${host}:${node.port}: ${(error as Error).message}`,
      {
        hint: `${hint} If the address is wrong, start the worker with --address.`,
        details: { nodeId: node.nodeId },
      },
    );
  } finally {
    cancel();
  }
}

/** The text of an answer; null where it is longer than that: then nothing more is read. */
export async function readAtMost(response: Response, limitBytes: number): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > limitBytes) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** An answer that this worker should not have given. */
export async function unexpected(node: NodeRecord, response: Response): Promise<Outcome<never>> {
  const said = await response.text();
  return refuse(
    "node-unreachable",
    `the worker on ${node.hostname} answered ${response.status}: ${said.slice(0, 200)}`,
    { hint: "Master and worker must be given the same token." },
  );
}
