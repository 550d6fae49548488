// What doctor finds in the data folders of master and worker.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderFindings } from "./folders.ts";

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "podling-folders-"));
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

const found = (role: "master" | "worker", at = path, holder: string | null = null) =>
  folderFindings({ role, path: at, lockHolder: () => holder });

test("a folder that does not exist yet, and a file in its place", async () => {
  const [missing] = await found("worker", join(path, "none"));
  expect(missing).toMatchObject({ message: expect.stringContaining("does not exist yet") });
  writeFileSync(join(path, "file"), "");
  const [file] = await found("worker", join(path, "file"));
  expect(file).toMatchObject({ message: expect.stringContaining("is not a folder") });
});

test("its file, its size and the process that uses it", async () => {
  expect((await found("worker"))[0]!.message).toContain("has no identity.json; not in use by a running process");
  writeFileSync(join(path, "identity.json"), "x".repeat(2048));
  const [inUse] = await found("worker", path, String(process.pid));
  expect(inUse!.message).toContain("identity.json has 2 KiB; in use by");
});

test("a journal that other users can read is a warning", async () => {
  writeFileSync(join(path, "journal.db"), "");
  chmodSync(join(path, "journal.db"), 0o644);
  chmodSync(path, 0o755);
  const findings = await found("master");
  expect(findings.map(({ message }) => message).join("\n")).toContain("other users of this machine can read");
  chmodSync(path, 0o700);
  expect(await found("master")).toHaveLength(1);
});
