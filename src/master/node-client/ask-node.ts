// The master's calls to a worker's own HTTP server. A worker may be broken or hostile: every wait has a limit, every
// answer that is not passed on has a size, and redirects are not followed.

import type { ErrorBody } from "../../api/errors.ts";
import type { Operation } from "../../api/operations/operation.ts";
import { type QueryValue, urlPath } from "../../api/operations/url-path.ts";
import type { Clock } from "../../lib/clock.ts";
import { readAtMost } from "../../lib/read-at-most.ts";
import { ok } from "../../lib/result.ts";
import { serverUrl } from "../../lib/server-url.ts";
import { socketErrorMeaning } from "../../lib/socket-error.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { type Outcome, type Refusal, type RefusalCode, refusalCodes, refuse } from "../../model/refusal.ts";

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
  headers?: Record<string, string>;
  signal: AbortSignal;
  /** What the refusal adds if the node does not answer. */
  hint: string;
  timeoutMs?: number;
  /** A body that is sent as it comes. */
  upload?: ReadableStream<Uint8Array>;
}

/** A worker that has not begun to answer after this time is unreachable. */
const answerTimeoutMs = 5000;

/** Bytes that are read of the answer to a request that was refused. */
const refusalBytes = 64 * 1024;

/** The answer, whatever its status. The body of a successful one is still to be read; it may be long. */
export async function askNode(
  node: NodeRecord,
  request: NodeRequest,
  { token, fetch, clock }: AskContext,
): Promise<Outcome<Response>> {
  const { operation, parameters = {}, query, accept, headers = {}, signal, hint, upload } = request;
  const { timeoutMs = answerTimeoutMs } = request;
  const address = serverUrl(node.address, node.port);
  const giveUp = new AbortController();
  const cancel = clock.timer(timeoutMs, () => giveUp.abort(new Error(`no answer in ${timeoutMs / 1000} s`)));
  try {
    const response = await fetch(`${address}${urlPath(operation, parameters, query)}`, {
      method: operation.method,
      headers: { ...headers, accept, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      signal: AbortSignal.any([signal, giveUp.signal]),
      // Every client that may register a node chooses its address: it must not send the master on to another.
      redirect: "manual",
      ...(upload === undefined ? {} : { body: upload, duplex: "half" }),
      // Bun's own idle timeout would cut a followed log that is quiet.
      ...({ timeout: false } as object),
    });
    if (response.ok) return ok(response);
    // The body of an error is read here, while the time limit holds.
    const text = (await readAtMost(response.body, refusalBytes)) ?? "";
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

/**
 * The refusal for an answer that a caller cannot use: the worker's own one, if it is one. An answer of another program is not
 * quoted, only its type. Closes the connection.
 */
export async function unusable(node: NodeRecord, response: Response): Promise<Refusal> {
  const details = { nodeId: node.nodeId };
  const worker = `the worker on ${node.hostname}`;
  const said = response.ok ? null : await workerRefusal(response);
  if (said?.code === "unauthorized") {
    const hint = "Give master and workers the same token (PODLING_TOKEN).";
    return { code: "node-unreachable", message: `${worker} does not take the master's token`, hint, details };
  }
  if (said) {
    const hint = said.hint || "The log of that worker may have the details.";
    return { code: said.code ?? "node-unreachable", message: `${node.hostname}: ${said.message}`, hint, details };
  }
  response.body?.cancel().catch(() => {});
  const type = response.headers.get("content-type")?.match(/^[\w.+/-]{1,60}/)?.[0] ?? "no type";
  return {
    code: "node-unreachable",
    message: `what listens at the address of ${worker} is no worker: it answered ${response.status} with ${type}`,
    hint: `Which program listens at ${node.address} port ${node.port}? Start the worker with --address and --port.`,
    details,
  };
}

/** `code` is null for a code that this version does not have. */
type WorkerRefusal = { code: RefusalCode | null; message: string; hint: string };

/** Characters of a worker's sentences that are passed on. */
const sentenceLength = 500;

/** Null if the answer is not a refusal of a worker. */
async function workerRefusal(response: Response): Promise<WorkerRefusal | null> {
  let body: Partial<ErrorBody> | null = null;
  try {
    body = JSON.parse(await response.text()) as Partial<ErrorBody> | null;
  } catch {
    return null; // another program answered, or more than is read of an error
  }
  if (typeof body?.error !== "string") return null;
  const sentence = (text: unknown) =>
    typeof text === "string" ? text.replace(/\p{Cc}+/gu, " ").slice(0, sentenceLength) : "";
  const code = refusalCodes.find((one) => one === body.code) ?? null;
  return { code, message: sentence(body.error), hint: sentence(body.hint) };
}
