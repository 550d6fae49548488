// The identity of a worker survives restarts, and two workers never have the same one: real files, a real kill -9.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Identity, IdentityError, IdentityFile } from "../../src/worker/data-dir/identity.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./in-process.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "podling-identity-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const identity = { nodeId: "node-abc12345", clusterId: "c0ffee00" };

function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(IdentityError);
    return (error as Error).message;
  }
  throw new Error("it was not refused");
}

describe("the identity", () => {
  test("is stored atomically, in a folder that is created for it", () => {
    const file = new IdentityFile(join(folder, "deep", "data"));
    expect(file.read()).toBeNull();
    file.write(identity);
    file.write({ ...identity, clusterId: "c0ffee01" });
    expect(file.read()).toEqual({ ...identity, clusterId: "c0ffee01" });
    expect(readdirSync(join(folder, "deep", "data")).sort()).toEqual(["identity.json", "worker.lock"]);
    file.close();
    expect(new IdentityFile(join(folder, "deep", "data")).read()?.nodeId).toBe(identity.nodeId);
  });

  for (const damage of ["", "{", '{"nodeId": 3}', '{"nodeId": "../../etc"}']) {
    test(`is refused where it is damaged: ${damage || "nothing"}`, () => {
      const file = new IdentityFile(folder);
      writeFileSync(join(folder, "identity.json"), damage);
      expect(refusal(() => file.read())).toMatch(/is damaged\. Remove it and start again/);
    });
  }

  test("a folder that cannot be created is refused, with what to do", () => {
    writeFileSync(join(folder, "file"), "");
    expect(refusal(() => new IdentityFile(join(folder, "file", "data")))).toContain("--data-dir");
  });
});

test("a node whose id cannot be stored does not join; it joins as soon as there is space", async () => {
  const world = new World();
  const kept: Identity[] = [];
  let full = true;
  let tries = 0;
  const worker = world.worker({
    identity: {
      read: () => null,
      write: (written) => {
        tries++;
        if (full) throw new IdentityError("no space left on device");
        kept.push(written);
      },
    },
  });
  void worker.start();
  await until("two tries", () => tries >= 2);
  expect([worker.nodeId, worker.counters.syncs]).toEqual(["", 0]);
  full = false;
  await until("it to have joined", () => worker.counters.syncs > 0);
  const nodes = await world.master.do<{ nodeId: string }[]>("GET", "/api/v1/nodes");
  expect(nodes.map(({ nodeId }) => nodeId)).toEqual([worker.nodeId]);
  expect(kept.at(-1)).toMatchObject({ nodeId: worker.nodeId, clusterId: expect.stringMatching(/./) });
  await world.down();
});

describe("the data folder", () => {
  test("belongs to one worker; a second one gets its process id", () => {
    const first = new IdentityFile(folder);
    const sentence = refusal(() => new IdentityFile(folder));
    expect(sentence).toContain(`is in use by another worker (process ${process.pid})`);
    first.close();
    new IdentityFile(folder).close();
  });

  test("is free again after kill -9", async () => {
    const script = `
      const { IdentityFile } = await import(${JSON.stringify(join(import.meta.dir, "../../src/worker/data-dir/identity.ts"))});
      const { writeFileSync } = await import("node:fs");
      globalThis.kept = new IdentityFile(process.argv[1]);
      writeFileSync(process.argv[1] + "/ready", "");
      setInterval(() => {}, 1000);`;
    const child = Bun.spawn([process.execPath, "-e", script, folder], { stdout: "inherit", stderr: "inherit" });
    try {
      await until("the other worker", () => existsSync(join(folder, "ready")));
      expect(refusal(() => new IdentityFile(folder))).toContain(`(process ${child.pid})`);
    } finally {
      child.kill("SIGKILL");
      await child.exited;
    }
    new IdentityFile(folder).close();
  });
});
