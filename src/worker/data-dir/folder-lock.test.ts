// A folder belongs to one worker, until that ends or releases it.

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockFile } from "./folder-lock.ts";

test("the second gets the process id of the first, and the lock once that has released it", () => {
  const folder = mkdtempSync(join(tmpdir(), "podling-folder-"));
  const path = join(folder, "worker.lock");
  const first = lockFile(path);
  if (!("release" in first)) throw new Error("it is free");
  expect(lockFile(path)).toEqual({ heldBy: String(process.pid) });
  first.release();
  const next = lockFile(path);
  expect("release" in next).toBe(true);
  if ("release" in next) next.release();
  rmSync(folder, { recursive: true });
});
