// Whether this machine can run a lab, and what a test file does when it cannot: skip and print the reason, or fail when
// CI=true, because CI must not skip.

import { describe } from "bun:test";

const NEEDED = ["dockerd", "ip", "nsenter", "iptables", "busybox"];

/** Null when a lab can be built here; otherwise the reason, in a sentence. */
export function labAvailable(): string | null {
  if (process.platform !== "linux") return "the lab needs Linux (network namespaces and its own Docker engines)";
  if (process.getuid?.() !== 0) return "the lab needs root (network namespaces and its own Docker engines)";
  const missing = NEEDED.filter((program) => Bun.which(program) === null);
  if (missing.length > 0) return `the lab needs ${missing.join(", ")}: run scripts/setup engine lab`;
  return null;
}

/** `describe` for tests with real engines. */
export function describeLab(title: string, body: () => void): void {
  describeUnless(labAvailable(), title, body);
}

/** `describe`, unless there is a reason why not: then it prints what it skips and why; with CI=true it fails instead. */
export function describeUnless(reason: string | null, title: string, body: () => void): void {
  if (reason === null) {
    describe(title, body);
    return;
  }
  if (process.env.CI === "true") throw new Error(`${title} cannot be tested, and CI=true: ${reason}`);
  process.stderr.write(`skipped: ${title}, because ${reason}\n`);
  describe.skip(title, body);
}
