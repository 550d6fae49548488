// Asks workers which digests tags stand for now. A service is accepted all the same where none of them knows: its revision then
// says why an image is not pinned.

import { encodeLogin, registryLoginHeader, type SentLogin } from "../../api/registry-login.ts";
import { workerOperations } from "../../api/worker-operations.ts";
import { readAtMost } from "../../lib/read-at-most.ts";
import { limits } from "../../model/limits.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { type ImageDigest, isDigest, type ResolvedImage } from "../../model/service/pinned.ts";
import { type AskContext, askNode, unusable } from "./ask-node.ts";

export interface ResolveContext extends AskContext {
  /** The login to the registry of an image that the cluster has stored; null: none. */
  loginFor: (image: string) => SentLogin | null;
}

/** Nodes that are asked, one after the other, until one answers. */
const nodesAsked = 2;
const largestAnswerBytes = 64 * 1024;

/** `nodes`: those to ask, the best first. Never rejects. */
export async function resolveImages(
  images: readonly string[],
  nodes: readonly NodeRecord[],
  signal: AbortSignal,
  context: ResolveContext,
): Promise<ResolvedImage[]> {
  const giveUp = new AbortController();
  const cancel = context.clock.timer(limits.resolvePatienceMs, () =>
    giveUp.abort(new Error(`no answer in ${limits.resolvePatienceMs / 1000} s`)),
  );
  try {
    const either = AbortSignal.any([signal, giveUp.signal]);
    return await Promise.all(images.map((image) => resolveImage(image, nodes.slice(0, nodesAsked), either, context)));
  } finally {
    cancel();
  }
}

async function resolveImage(
  image: string,
  nodes: readonly NodeRecord[],
  signal: AbortSignal,
  context: ResolveContext,
): Promise<ResolvedImage> {
  let why = "no node with an engine was online";
  for (const node of nodes) {
    const answer = await askForDigest(image, node, signal, context);
    if (typeof answer === "object") return { image, ...answer };
    why = answer;
    if (signal.aborted) break;
  }
  return { image, digest: null, why: why.slice(0, limits.messageLength) };
}

/** The worker's answer, or a sentence why there is none. */
async function askForDigest(
  image: string,
  node: NodeRecord,
  signal: AbortSignal,
  context: ResolveContext,
): Promise<ImageDigest | string> {
  const login = context.loginFor(image);
  const request = {
    headers: login ? { [registryLoginHeader]: encodeLogin(login) } : {},
    ...{ operation: workerOperations.imageDigest, query: { image }, accept: "application/json" },
    ...{ signal, hint: "", timeoutMs: limits.resolvePatienceMs },
  };
  const asked = await askNode(node, request, context);
  if (!asked.ok) return asked.refusal.message;
  const response = asked.value;
  if (response.status === 404 || response.status === 405) {
    await response.body?.cancel();
    return `the worker on ${node.hostname} is of a release that cannot look tags up`;
  }
  if (!response.ok) return (await unusable(node, response)).message;
  try {
    const { digest, why } = JSON.parse((await readAtMost(response.body, largestAnswerBytes)) ?? "") as ResolvedImage;
    if (isDigest(digest)) return { digest, why: "" };
    if (digest === null && typeof why === "string")
      return { digest, why: `${node.hostname}: ${why}`.slice(0, limits.messageLength) };
  } catch {
    // not an answer of a worker
  }
  return `the answer of the worker on ${node.hostname} cannot be read`;
}
