// podling backup and restore: complete files or none, previews, prompts and exit codes.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackupManifest } from "../../src/api/views/backup-file.ts";
import type { RestoreAnswer } from "../../src/api/views/restore-summary.ts";
import { Cluster, podling, settings } from "./harness.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "podling-cli-backup-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let cluster: Cluster;
let count = 0;
let file: string;
beforeEach(() => {
  cluster = new Cluster();
  file = join(folder, `${count++}.backup`);
});
afterEach(() => cluster.stop());

const names = async () => (await cluster.podling("ps -a -o name")).out.trim().split("\n").sort();

describe("backup", () => {
  test("writes a file that only its owner can read, and prints its contents", async () => {
    await cluster.node("n1");
    await cluster.create("web");
    const { code, out, err } = await cluster.podling(["backup", file]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^\S+\.backup: cluster [a-z0-9]{8} at 20\S+Z, revision \d+: 1 task, 1 node, \d.* K?i?B\n$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, "utf8").split("\n")[0]!)).toMatchObject({ podling: "backup", tasks: 1 });
    const verified = await podling(["backup", "--verify", file]);
    expect([verified.code, verified.out]).toEqual([0, out.replace(": cluster", " is complete: cluster")]);
    const json = JSON.parse((await podling(["backup", "--verify", file, "-o", "json"])).out) as BackupManifest;
    expect(json).toMatchObject({ file, tasks: 1, nodes: 1, version: "1.2.3" });
  });

  test("compresses if the name ends in .gz; reads both forms", async () => {
    for (let i = 0; i < 50; i++) await cluster.create("web");
    const zipped = `${file}.gz`;
    for (const path of [file, zipped]) expect((await cluster.podling(["backup", path])).code).toBe(0);
    expect(statSync(zipped).size).toBeLessThan(statSync(file).size / 3);
    expect((await podling(["backup", "--verify", zipped])).code).toBe(0);
    writeFileSync(zipped, readFileSync(zipped).subarray(0, -10));
    const cut = await podling(["backup", "--verify", zipped]);
    expect([cut.code, cut.err]).toEqual([1, expect.stringContaining("gzip reports an error")]);
  });

  test("replaces nothing without --force", async () => {
    writeFileSync(file, "precious");
    const refused = await cluster.podling(["backup", file]);
    expect(refused).toMatchObject({ code: 1, out: "", err: expect.stringContaining("already exists") });
    expect(readFileSync(file, "utf8")).toBe("precious");
    expect((await cluster.podling(["backup", "--force", file])).code).toBe(0);
    expect((await podling(["backup", "--verify", file])).code).toBe(0);
  });

  test("leaves no file behind after an error", async () => {
    const before = readdirSync(folder);
    const unknown = await podling(["backup", file, "--master", "http://127.0.0.1:1"]);
    expect(unknown.code).toBe(1);
    const fetchHalf = async (url: string, init: RequestInit) => {
      const answer = await fetch(url, init);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return new Response(bytes.subarray(0, -20), { headers: answer.headers });
    };
    const half = await cluster.podling(["backup", file], { fetch: fetchHalf });
    expect(half).toMatchObject({ code: 1, err: expect.stringContaining("cut off") });
    expect(await cluster.podling(["backup", join(folder, "no-such-folder", "x")])).toMatchObject({
      code: 1,
      err: expect.stringContaining("no such file or folder"),
    });
    expect(readdirSync(folder)).toEqual(before);
  });

  test("- writes to stdout, except on a terminal", async () => {
    await cluster.create("web");
    const { code, out, err } = await cluster.podling("backup -");
    expect([code, err]).toEqual([0, expect.stringMatching(/^cluster .* 1 task, 0 nodes/)]);
    writeFileSync(file, out);
    expect((await podling(["backup", "--verify", file])).code).toBe(0);
    expect((await cluster.podling("backup -", { terminal: 80 })).code).toBe(64);
  });

  test("requires the token", async () => {
    const guarded = new Cluster("secret");
    try {
      expect(await guarded.podling(["backup", file])).toMatchObject({ code: 1, err: expect.stringContaining("token") });
      expect((await guarded.podling(["backup", file, "--token", "secret"])).code).toBe(0);
      const asked = ["restore", "-y", file];
      expect(await guarded.podling(asked)).toMatchObject({ code: 1, err: expect.stringContaining("token") });
      expect((await guarded.podling([...asked, "--token", "secret"])).code).toBe(0);
    } finally {
      await guarded.stop();
    }
  });

  test("--verify says what is wrong", async () => {
    for (const [text, says] of [
      ["", "empty"],
      ["hello\n", "no backup of Podling"],
      ['{"podling":"backup","format":99,"version":"9.9.9"}\n', "format 99"],
    ] as const) {
      writeFileSync(file, text);
      expect(await podling(["backup", "--verify", file])).toMatchObject({
        code: 1,
        err: expect.stringContaining(says),
      });
    }
    expect(await podling(["backup", "--verify", `${file}-not-there`])).toMatchObject({
      code: 1,
      err: expect.stringContaining("no such file"),
    });
  });
});

describe("restore", () => {
  const backedUp = async () => {
    await cluster.node("n1");
    await cluster.running("kept");
    expect((await cluster.podling(["backup", file])).code).toBe(0);
    await cluster.running("later");
  };

  test("shows what would change, and changes nothing with --dry-run", async () => {
    await backedUp();
    const { code, out } = await cluster.podling(["restore", "--dry-run", file]);
    expect(code).toBe(0);
    expect(out.split("\n")[0]).toMatch(/^backup {2}cluster \S+ at \S+, revision \d+: 1 task, 1 node$/);
    expect(out).toMatch(/^later +task +running +- +removed; its container is stopped$/m);
    expect(out).not.toContain("kept");
    const json = await cluster.podling(["restore", "--dry-run", "-o", "json", file]);
    expect(JSON.parse(json.out) as RestoreAnswer).toMatchObject({ restored: false, tasks: { forgotten: { live: 1 } } });
    expect(await names()).toEqual(["kept", "later"]);
  });

  test("asks on a terminal, and does nothing in a pipe without -y", async () => {
    await backedUp();
    const piped = await cluster.podling(["restore", file]);
    expect([piped.code, piped.err]).toEqual([64, expect.stringContaining("not a terminal")]);
    const no = await cluster.podling(["restore", file], { terminal: 100, typed: ["n"] });
    expect([no.code, no.err]).toEqual([1, expect.stringContaining("nothing was changed")]);
    expect(no.err).toContain("stop the containers of 1 task?");
    expect(await names()).toEqual(["kept", "later"]);
    const yes = await cluster.podling(["restore", file], { terminal: 100, typed: ["y"] });
    expect([yes.code, yes.out]).toEqual([0, expect.stringContaining("restored cluster")]);
    expect(await names()).toEqual(["kept"]);
  });

  test("-y does not ask; -o json prints the result", async () => {
    await backedUp();
    const { code, out } = await cluster.podling(["restore", "-y", "-o", "json", file]);
    expect(code).toBe(0);
    expect(JSON.parse(out) as RestoreAnswer).toMatchObject({
      restored: true,
      before: { tasks: 2 },
      backup: { tasks: 1 },
    });
    expect(await names()).toEqual(["kept"]);
  });

  test("an empty master accepts a backup of another cluster; one with tasks only with --force", async () => {
    await backedUp();
    const fresh = new Cluster();
    try {
      const asked = ["restore", "-y", file];
      expect((await fresh.podling(asked)).code).toBe(0);
      expect((await fresh.task("kept"))?.status).toBe("running");
      const other = new Cluster();
      await other.create("mine");
      expect(await other.podling(asked)).toMatchObject({ code: 1, err: expect.stringContaining("--force") });
      expect(await other.podling(["restore", "--dry-run", file])).toMatchObject({ code: 1 });
      expect((await other.podling([...asked, "--force"])).code).toBe(0);
      await other.stop();
    } finally {
      await fresh.stop();
    }
  });

  test("a damaged file is refused before any request to the master", async () => {
    await backedUp();
    writeFileSync(file, readFileSync(file, "utf8").replace("kept", "dept"));
    const refused = await podling(["restore", "-y", file, "--master", "http://127.0.0.1:1"]);
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("checksum")]);
  });

  test("--data-dir needs no master", async () => {
    await backedUp();
    const asked = ["restore", "--data-dir", "/somewhere", "--force", file, "--master", "http://127.0.0.1:1"];
    const { code, out } = await podling(asked);
    expect([code, out]).toEqual([0, expect.stringContaining("start the master on this folder")]);
    expect(out).toContain("now     empty");
    expect(settings.restore).toEqual({ dataDir: "/somewhere", dryRun: false, force: true });
    expect((await podling("restore -")).code).toBe(64);
  });
});
