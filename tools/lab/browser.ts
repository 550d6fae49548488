// A browser for tests: Debian's chromium, without a window, driven by playwright-core.

import { type Browser, chromium } from "playwright-core";
import { describeUnless } from "./available.ts";

/** Null when this machine has a browser; otherwise what is missing. */
export function browserMissing(): string | null {
  return Bun.which("chromium") === null ? "there is no chromium: run scripts/setup lab" : null;
}

/** `describe` for tests with a browser. */
export function describeBrowser(title: string, body: () => void): void {
  describeUnless(browserMissing(), title, body);
}

export function openBrowser(): Promise<Browser> {
  // Root may not use the sandbox, and the shared memory of a container is often too small.
  const args = ["--no-sandbox", "--disable-dev-shm-usage"];
  return chromium.launch({ executablePath: Bun.which("chromium") ?? "", args, headless: true });
}
