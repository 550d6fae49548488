// A browser for tests: Debian's chromium, without a window, driven by playwright-core.

import { describe } from "bun:test";
import { type Browser, chromium } from "playwright-core";

/** Null when this machine has a browser; otherwise what is missing. */
export function browserMissing(): string | null {
  return Bun.which("chromium") === null ? "there is no chromium: run scripts/setup lab" : null;
}

/** `describe` for tests with a browser: prints what it skips and why; with CI=true it fails instead. */
export function describeBrowser(title: string, body: () => void): void {
  const reason = browserMissing();
  if (reason === null) {
    describe(title, body);
    return;
  }
  if (process.env.CI === "true") throw new Error(`${title} cannot be tested, and CI=true: ${reason}`);
  process.stderr.write(`skipped: ${title}, because ${reason}\n`);
  describe.skip(title, body);
}

export function openBrowser(): Promise<Browser> {
  // Root may not use the sandbox, and the shared memory of a container is often too small.
  const args = ["--no-sandbox", "--disable-dev-shm-usage"];
  return chromium.launch({ executablePath: Bun.which("chromium") ?? "", args, headless: true });
}
