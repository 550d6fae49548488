// Whether this machine can carry a lab, and what a test file does when it cannot: skip with the reason printed, or fail
// where CI=true, because there nothing may go untested unseen.

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

/** `describe` for tests with real engines: says what it skips and why, and never skips where CI=true. */
export function describeLab(title: string, body: () => void): void {
  const reason = labAvailable();
  if (reason === null) {
    describe(title, body);
    return;
  }
  if (process.env.CI === "true") throw new Error(`${title} cannot be tested, and CI=true: ${reason}`);
  process.stderr.write(`skipped: ${title}, because ${reason}\n`);
  describe.skip(title, body);
}
