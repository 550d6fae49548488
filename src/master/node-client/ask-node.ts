// The master's calls to a worker's own HTTP server. A worker may be broken or hostile: every wait has a limit, every
// answer that is not passed on has a size, and redirects are not followed.

import type { Operation } from "../../api/operations/operation.ts";
import { type QueryValue, urlPath } from "../../api/operations/url-path.ts";
import type { Clock } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import { serverUrl } from "../../lib/server-url.ts";
import { socketErrorMeaning } from "../../lib/socket-error.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";

export interface AskContext {
  token: string | null;
  clock: Clock;
  /** The platform's fetch, or the simulated network's. */
  fetch: (url: string, init: RequestInit) => Promise<Response>;
}

export interface NodeRequest {
  operation: Operation;
  parameters?: Record<string, string>;
  query?: Record<string, QueryValue>;
  accept: string;
  signal: AbortSignal;
  /** What the refusal adds if the node does not answer. */
  hint: string;
  timeoutMs?: number;
}

/** A worker that has not begun to answer after this time is unreachable. */
const answerTimeoutMs = 5000;

/** Bytes that are read of an answer that a message quotes. */
const quotedBytes = 64 * 1024;

/** The answer, whatever its status. The body of a successful one is still to be read; it may be long. */
export async function askNode(
  node: NodeRecord,
  { operation, parameters = {}, query, accept, signal, hint, timeoutMs = answerTimeoutMs }: NodeRequest,
  { token, fetch, clock }: AskContext,
): Promise<Outcome<Response>> {
  const address = serverUrl(node.address, node.port);
  const giveUp = new AbortController();
  const cancel = clock.timer(timeoutMs, () => giveUp.abort(new Error(`no answer in ${timeoutMs / 1000} s`)));
  try {
    const response = await fetch(`${address}${urlPath(operation, parameters, query)}`, {
      method: operation.method,
      headers: { accept, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      signal: AbortSignal.any([signal, giveUp.signal]),
      // Every client that may register a node chooses its address: it must not send the master on to another.
      redirect: "manual",
      // Bun's own idle timeout would cut a followed log that is quiet.
      ...({ timeout: false } as object),
    });
    if (response.ok) return ok(response);
    // The body of an error is read here, while the time limit holds.
    const text = (await readAtMost(response, quotedBytes)) ?? "a long answer";
    return ok(new Response(text, { status: response.status, headers: response.headers }));
  } catch (error) {
    return refuse(
      "node-unreachable",
      `cannot reach the worker on ${node.hostname} at ${address.slice("http://".length)}: ${socketErrorMeaning(error)}`,
      {
        hint: `${hint} If the address is wrong, start the worker with --address.`,
        details: { nodeId: node.nodeId },
      },
    );
  } finally {
    cancel();
  }
}

/** The text of an answer; null if it is longer than the limit: then nothing more is read. */
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

/** A refusal for an answer that a worker should not give. Quotes what comes of its body soon, and closes the connection. */
export async function unexpected(node: NodeRecord, response: Response, clock: Clock): Promise<Outcome<never>> {
  const start = await readStart(response, clock);
  return refuse("node-unreachable", `the worker on ${node.hostname} answered ${response.status}: ${start}`, {
    hint: "Is another program listening at the worker's address? Master and worker also need the same token.",
    details: { nodeId: node.nodeId },
  });
}

const quotedCharacters = 200;

/** The first characters of a body, of which a hostile worker may send gigabytes, or one byte an hour. */
async function readStart(response: Response, clock: Clock): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return "nothing";
  let timedOut = false;
  const cancel = clock.timer(answerTimeoutMs, () => {
    timedOut = true;
    reader.cancel().catch(() => {});
  });
  const decoder = new TextDecoder();
  let text = "";
  try {
    while (!timedOut && text.length < quotedCharacters) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value.subarray(0, quotedBytes), { stream: true });
    }
  } catch {
    // The connection broke: what came before it is quoted.
  } finally {
    cancel();
    reader.cancel().catch(() => {});
  }
  return text.slice(0, quotedCharacters).trim() || "nothing";
}
