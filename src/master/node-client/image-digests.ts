// Asks workers which digests tags stand for now. A service is accepted all the same where none of them knows: its revision then
// says why an image is not pinned.

import { encodeLogin, registryLoginHeader, type SentLogin } from "../../api/registry-login.ts";
import { workerOperations } from "../../api/worker-operations.ts";
import { readAtMost } from "../../lib/read-at-most.ts";
import { limits } from "../../model/limits.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { type ImageDigest, isDigest, type ResolvedImage } from "../../model/service/pinned.ts";
import { type AskContext, askNode, unusable } from "./ask-node.ts";

/** Who is asked about an image, and with what. */
export interface Question {
  /** The best first. Each of them may be sent the login. */
  nodes: readonly NodeRecord[];
  /** The login to the registry of the image that the cluster has stored; null: none. */
  login: SentLogin | null;
}

/** Nodes that are asked, one after the other, until one answers. */
const nodesAsked = 2;
const largestAnswerBytes = 64 * 1024;

/** Never rejects. */
export async function resolveImages(
  images: readonly string[],
  questionFor: (image: string) => Question,
  signal: AbortSignal,
  context: AskContext,
): Promise<ResolvedImage[]> {
  const giveUp = new AbortController();
  const cancel = context.clock.timer(limits.resolvePatienceMs, () =>
    giveUp.abort(new Error(`no answer in ${limits.resolvePatienceMs / 1000} s`)),
  );
  try {
    const either = AbortSignal.any([signal, giveUp.signal]);
    return await Promise.all(images.map((image) => resolveImage(image, questionFor(image), either, context)));
  } finally {
    cancel();
  }
}

async function resolveImage(
  image: string,
  { nodes, login }: Question,
  signal: AbortSignal,
  context: AskContext,
): Promise<ResolvedImage> {
  let why =
    login === null
      ? "no node with an engine was online"
      : "no node was online that may run it, and the stored login to its registry is sent to no other";
  for (const node of nodes.slice(0, nodesAsked)) {
    const answer = await askForDigest(image, { node, login }, signal, context);
    if (typeof answer === "object") return { image, ...answer };
    why = answer;
    if (signal.aborted) break;
  }
  return { image, digest: null, why: why.slice(0, limits.messageLength) };
}

/** The worker's answer, or a sentence why there is none. */
async function askForDigest(
  image: string,
  { node, login }: { node: NodeRecord; login: SentLogin | null },
  signal: AbortSignal,
  context: AskContext,
): Promise<ImageDigest | string> {
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
