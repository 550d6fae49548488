// Backups of a running master: whole, of one revision, readable by people, and without delay for other requests.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { BackupReader } from "../../src/api/views/backup-file.ts";
import { readBackup } from "../../src/master/backup/restores.ts";
import { limits } from "../../src/model/limits.ts";
import { breathe, expectRefusal, TestClock, TestMaster } from "./in-process.ts";

let podling: TestMaster;
beforeEach(() => {
  podling = new TestMaster();
});
afterEach(() => podling.stop());

const backup = async (): Promise<string> => (await fetch(`${podling.url}/api/v1/backup`)).text();

test("has lines of JSON: a manifest, the records, and a checksum", async () => {
  await podling.register("n1");
  await podling.create("web", { env: { A: "ä\u2028\n🦭" } });
  await podling.create("job");
  const answer = await fetch(`${podling.url}/api/v1/backup`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
  const text = await answer.text();
  expect(text).toEndWith("\n");
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines[0]).toMatchObject({ podling: "backup", format: 2, version: "0.0.0-test", nodes: 1, tasks: 2, epoch: 1 });
  expect(lines.slice(1, -1).map(({ kind = "header" }) => kind)).toEqual(["header", "cluster", "node", "task", "task"]);
  expect(lines[4].record.spec.containers[0].env).toEqual({ A: "ä\u2028\n🦭" });
  expect(lines.at(-1)).toEqual({ end: { records: 5, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } });
});

test("waits for the first batch of a new master", async () => {
  // The request arrives while the batch that makes the cluster's id still gathers.
  class LateBatches extends TestClock {
    override soon(fire: () => void): void {
      setTimeout(fire, 50);
    }
  }
  const early = new TestMaster({ clock: new LateBatches() });
  const answer = await fetch(`${early.url}/api/v1/backup`);
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('"podling":"backup"')]);
  await early.stop();
});

test("has the state of one revision, however long the read takes and whatever changes meanwhile", async () => {
  const node = await podling.register("n1", { capacity: 10_000 });
  const tasks = await podling.fill(3_000, () => ({}));
  const answer = await fetch(`${podling.url}/api/v1/backup`);
  const reader = answer.body!.getReader();
  const pieces: Uint8Array[] = [];
  for (let i = 0; ; i++) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    if (tasks[i]) await podling.do("DELETE", `/api/v1/tasks/${tasks[i]!.taskId}?force=true`);
    await podling.create(`later-${i}`);
  }
  const read = await readBackup(
    (async function* () {
      yield* pieces;
    })(),
    podling.clock,
  );
  if (!read.ok) throw new Error(read.refusal.message);
  expect(read.value.state.tasks.size).toBe(3_000);
  expect([...read.value.state.tasks.keys()].sort()).toEqual(tasks.map(({ taskId }) => taskId).sort());
  expect(read.value.state.placedOn(node.nodeId).size).toBe(3_000);
}, 30_000);

test("other requests are answered while it is read", async () => {
  await podling.fill(2_000, () => ({ env: { LARGE: "x".repeat(2_000) } }));
  let answered = 0;
  let reading = true;
  const others = (async () => {
    while (reading) {
      await podling.ask("GET", "/health");
      answered++;
    }
  })();
  const text = await backup();
  reading = false;
  await others;
  expect(text.length).toBeGreaterThan(4_000_000);
  expect(answered).toBeGreaterThan(1);
}, 30_000);

test("the number at once is limited; one that is cancelled ends, and so does, after a time, one that its client does not read", async () => {
  const clock = new TestClock();
  const patient = new TestMaster({ clock });
  await patient.fill(2_000, () => ({}));
  const ask = () => patient.master.fetch(new Request(`${patient.url}/api/v1/backup`));
  const begun = async () => {
    const reader = (await ask()).body!.getReader();
    await reader.read();
    return reader;
  };
  const open = await Promise.all(Array.from({ length: limits.backupsAtOnce }, begun));
  expectRefusal(await patient.ask("GET", "/api/v1/backup"), 429, "too-many");
  await open.pop()!.cancel();
  open.push(await begun());
  expect((await ask()).status).toBe(429);
  await breathe();
  await clock.advance(limits.backupPatienceMs);
  expect((await ask()).status).toBe(200);
  const drain = async () => {
    while (!(await open[0]!.read()).done);
  };
  expect(drain()).rejects.toThrow("stopped reading");
  await patient.stop();
}, 30_000);

test("requires the token, because it contains environment variables", async () => {
  const guarded = new TestMaster({ token: "secret" });
  expectRefusal(await guarded.ask("GET", "/api/v1/backup"), 401, "unauthorized");
  expectRefusal(await guarded.ask("POST", "/api/v1/restore"), 401, "unauthorized");
  const headers = { authorization: "Bearer secret" };
  expect((await guarded.ask("GET", "/api/v1/backup", { headers })).status).toBe(200);
  await guarded.stop();
});

test("a truncated backup, or one with a changed byte, is detected", async () => {
  await podling.register("n1");
  await podling.create("web");
  const bytes = new TextEncoder().encode(await backup());
  const check = (file: Uint8Array) => {
    const reader = new BackupReader();
    const pushed = reader.push(file);
    return pushed.ok ? reader.end() : pushed;
  };
  expect(check(bytes).ok).toBe(true);
  for (let length = 0; length < bytes.length; length++) {
    const outcome = check(bytes.subarray(0, length));
    expect(outcome.ok).toBe(false);
    if (!outcome.ok) expect(outcome.refusal.code).toBe("backup-unusable");
  }
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at] = changed[at]! ^ 1;
    expect(check(changed).ok).toBe(false);
  }
  expect(check(new Uint8Array([...bytes, 0x0a])).ok).toBe(false);
});

test("is read correctly in chunks of any size", async () => {
  await podling.fill(50, (index) => ({ env: { LARGE: "ä".repeat(index * 100) } }));
  const bytes = new TextEncoder().encode(await backup());
  const whole = new BackupReader();
  const expected = whole.push(bytes);
  for (const size of [1, 7, 1_000]) {
    const reader = new BackupReader();
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      const pushed = reader.push(bytes.subarray(at, at + size));
      if (!pushed.ok) throw new Error(pushed.refusal.message);
      lines.push(...pushed.value);
    }
    expect({ ok: true, value: lines }).toEqual(expected as never);
    expect(reader.end()).toEqual(whole.end());
  }
});
