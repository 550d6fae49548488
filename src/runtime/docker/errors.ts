// The one place where an engine's words are read: where its HTTP status says too little, the sentence decides the code.

import type { ReasonCode } from "../../model/task/reason.ts";
import { RuntimeError } from "../runtime-error.ts";

/** What the engine answered, as one sentence. */
export async function engineMessage(response: Response): Promise<string> {
  const text = await response.text();
  try {
    return (JSON.parse(text) as { message?: string }).message?.trim() || text;
  } catch {
    return text.trim() || `HTTP ${response.status}`;
  }
}

const pullPatterns: [pattern: RegExp, code: ReasonCode, temporary: boolean][] = [
  [
    /unauthorized|authentication required|no basic auth|incorrect username|access forbidden|403 Forbidden/i,
    "registry-denied",
    false,
  ],
  [
    /manifest unknown|not found|does not exist|no matching manifest|name unknown|invalid reference/i,
    "image-not-found",
    false,
  ],
  [/denied/i, "registry-denied", false],
];

/** Of a pull that failed. What is not known to be final may come right: the network, the registry. */
export function pullError(image: string, message: string): RuntimeError {
  const known = pullPatterns.find(([pattern]) => pattern.test(message));
  if (known) return new RuntimeError(known[1], `${image}: ${message}`, known[2]);
  return new RuntimeError("registry-unreachable", `${image}: ${message}`, true);
}

/** A full disk is nothing about the container: with some room the same wish goes well. */
const fullDisk = /no space left on device|disk quota exceeded/i;

export function createError(message: string): RuntimeError {
  return new RuntimeError("create-failed", message, fullDisk.test(message));
}

export function startError(status: number, message: string): RuntimeError {
  // Somebody removed it since it was created; other 404s name what the container itself misses.
  if (status === 404 && /no such container|no container with/i.test(message)) {
    return new RuntimeError("container-lost", message, true);
  }
  // Temporary, because a container that has just ended may still hold it.
  const taken = /port is already allocated|address already in use|ports are not available/i.test(message);
  if (taken) return new RuntimeError("port-in-use", message, true);
  // An engine that keeps its containers over a crash (live-restore) and crashed in the middle of this start: below it the
  // container is half there, which it does not know and never clears up.
  if (/^(.*: )?task \S+: already exists$/.test(message)) return new RuntimeError("start-failed", message, true, true);
  return new RuntimeError("start-failed", message, fullDisk.test(message));
}

/** Does this refusal of a create speak of the image, rather than of a volume or a network? */
export function saysImageIsMissing(message: string): boolean {
  return /no such image|image not known|unable to find image|does not match the specified platform/i.test(message);
}
