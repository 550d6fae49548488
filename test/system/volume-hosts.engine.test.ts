// Named volumes on two hosts with engines of their own: a service whose node is cut off, copies of real files between the
// engines, removals, and kill -9 of master and workers in the middle of a copy.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TaskView } from "../../src/api/views/task.ts";
import { containerLabels } from "../../src/model/cluster/cluster.ts";
import type { Explanation } from "../../src/model/explanation.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { podlingCommand } from "../../tools/lab/cluster.ts";
import type { LabHost } from "../../tools/lab/lab.ts";
import type { OwnedProcess } from "../../tools/lab/process.ts";
import { until } from "../../tools/lab/until.ts";
import { filesOf, hasVolume, lastName, makeFiles, type Sizes, sizeOf, volumeFolder } from "./volume-files.ts";
import { endless, VolumeHosts } from "./volume-hosts.ts";

const mebibyte = 1024 ** 2;
/** MiB of the large file of a copy in whose middle something is killed: some seconds of work. */
const killedAt = 48;

describeLab("named volumes on two hosts", () => {
  let hosts: VolumeHosts;
  let folder: string;

  beforeAll(async () => {
    hosts = await VolumeHosts.start();
    folder = hosts.lab.folder("archives");
  }, 180_000);
  afterAll(() => hosts?.down());

  const tasks = () => hosts.master.json<TaskView[]>("GET", "/api/v1/tasks");
  const taskOf = async (name: string) => (await tasks()).findLast((task) => task.name.startsWith(name));

  /** Files that are hard to copy, in a volume on n1. */
  async function filledOn1(name: string, sizes: Sizes): Promise<string[]> {
    await hosts.must("volume", "create", name, "--node", "n1");
    expect(await hosts.run(name, makeFiles(sizes))).toBe("n1");
    return filesOf(hosts.n1, name);
  }

  /** Resolves when some of the large file has been copied to the host, and not all of it. */
  async function halfCopied(host: LabHost, name: string): Promise<void> {
    await until("some of the files to be copied", () => (sizeOf(host, name, "large") ?? 0) > 4 * mebibyte, 30_000);
  }

  const isHalf = (host: LabHost, name: string) =>
    (sizeOf(host, name, "large") ?? 0) < killedAt * mebibyte || sizeOf(host, name, lastName) === null;

  function begin(...words: string[]): OwnedProcess {
    return hosts.lab.spawn(words.slice(0, 2).join("-"), [...podlingCommand(), ...words], {
      env: { PODLING_MASTER_URL: hosts.master.url, NO_COLOR: "1" },
    });
  }

  describe("a service whose node is cut off", () => {
    test("waits for its data, is never started without it, and starts elsewhere once a user has given it up", async () => {
      await hosts.must("volume", "create", "rows", "--node", "n1");
      const script = `echo start >>/d/starts; ${endless}`;
      const words = ["--image", hosts.image, "-v", "rows:/d", "--stop-timeout", "1", "--min-ready", "0s"];
      await hosts.must("service", "create", "db", ...words, "--", "sh", "-c", script);
      expect(hasVolume(hosts.n1, "rows")).toBe(true);
      await hosts.n1.cut();
      await hosts.offline("n1");
      const waiting = await until("its replacement", async () => {
        const task = await taskOf("db");
        return task?.status === "pending" ? task : null;
      });
      const { summary, smallestChange } = await hosts.master.json<Explanation>(
        "GET",
        `/api/v1/tasks/${waiting.taskId}/explanation`,
      );
      expect(summary).toMatch(/its data is on n1, offline since \d\d:\d\d UTC on \d{4}-\d\d-\d\d/);
      expect(smallestChange).toBe("bring n1 back online, or give its data up: podling volume release rows");
      expect(await hosts.must("volume", "ls")).toMatch(/its data is on n1, offline since/);

      const refused = await hosts.refused("volume", "rm", "rows");
      expect(refused).toContain("the task db");
      expect(await hosts.refused("volume", "backup", "rows", join(folder, "rows.tar"))).toContain("offline since");
      expect(await hosts.refused("volume", "move", "rows", "--to", "n2")).toContain("offline since");
      // Longer than every pause of the master.
      await Bun.sleep(2_000);
      expect((await taskOf("db"))?.taskId).toBe(waiting.taskId);
      expect(await hosts.n2.engine.containers(containerLabels.task)).toEqual([]);
      expect(hasVolume(hosts.n2, "rows")).toBe(false);

      await hosts.must("volume", "release", "rows");
      await until("its start on n2", async () => (await taskOf("db"))?.status === "running", 30_000);
      expect([hasVolume(hosts.n2, "rows"), sizeOf(hosts.n2, "rows", "starts")]).toEqual([true, "start\n".length]);
      expect(await hosts.volume("rows")).toMatchObject({
        hostname: "n2",
        copies: [{ hostname: "n1", why: "released" }],
      });
      await hosts.n1.reconnect();
      await hosts.online("n1");
      await until("the replaced task to be stopped on n1", async () =>
        (await hosts.n1.engine.containers(containerLabels.task)).every(({ State }) => State !== "running"),
      );
      expect(await hosts.refused("volume", "rm", "rows")).toContain("db");
      await hosts.must("service", "rm", "db");
    }, 120_000);

    test("a volume on an offline node is removed only by force, which leaves its data there", async () => {
      await hosts.must("volume", "create", "far", "--node", "n1");
      await hosts.run("far", "echo here >/d/file");
      await hosts.n1.cut();
      await hosts.offline("n1");
      const refused = await hosts.refused("volume", "rm", "far");
      expect(refused).toMatch(/the data of far cannot be removed: its data is on n1, offline since \d\d:\d\d UTC/);
      expect(refused).toContain("podling volume rm --force far");
      await hosts.must("volume", "rm", "--force", "far");
      await hosts.n1.reconnect();
      await hosts.online("n1");
      expect(sizeOf(hosts.n1, "far", "file")).toBe("here\n".length);
    }, 60_000);
  });

  describe("copies of real files", () => {
    test("a move, a backup and a restore keep names, owners, modes, links, times and every byte", async () => {
      const files = await filledOn1("data", { large: 8, sparse: 200 });
      expect(files.length).toBeGreaterThan(20);
      await hosts.must("volume", "move", "data", "--to", "n2");
      expect(filesOf(hosts.n2, "data")).toEqual(files);
      expect(hasVolume(hosts.n1, "data")).toBe(false);
      expect(await hosts.run("data", `test -e /d/${lastName}`)).toBe("n2");

      const archive = join(folder, "data.tar");
      await hosts.must("volume", "backup", "data", archive);
      await hosts.run("data", "rm -r /d/deep; echo more >>/d/large; chmod 777 /d");
      expect(filesOf(hosts.n2, "data")).not.toEqual(files);
      expect(await hosts.refused("volume", "restore", "data", archive)).toContain("--replace");
      await hosts.must("volume", "restore", "data", archive, "--replace");
      expect(filesOf(hosts.n2, "data")).toEqual(files);
      await hosts.must("volume", "restore", "copy", archive, "--node", "n1");
      expect(filesOf(hosts.n1, "copy")).toEqual(files);
      await hosts.must("volume", "rm", "data", "copy");
      expect([hasVolume(hosts.n2, "data"), hasVolume(hosts.n1, "copy")]).toEqual([false, false]);
    }, 120_000);
  });

  describe("kill -9 in the middle", () => {
    let files: string[];
    let archive: string;
    beforeAll(async () => {
      files = await filledOn1("kept", { large: killedAt, sparse: 1 });
      archive = join(folder, "kept.tar");
      await hosts.must("volume", "backup", "kept", archive);
    }, 60_000);

    /** The files are on n1, no work is under way, and the task of a user finds all of them there. */
    async function isWhole(): Promise<void> {
      expect(await hosts.idle("kept")).toMatchObject({ hostname: "n1", state: "bound", work: null });
      expect(await hosts.run("kept", `test -e /d/${lastName}`)).toBe("n1");
      expect(filesOf(hosts.n1, "kept")).toEqual(files);
    }

    const deaths: [string, () => Promise<void>][] = [
      ["the master", () => hosts.master.kill()],
      ["the worker that has the files", () => hosts.workers.n1.kill()],
      ["the worker that gets them", () => hosts.workers.n2.kill()],
    ];
    const back = async () => {
      for (const one of [hosts.master, hosts.workers.n1, hosts.workers.n2]) if (!one.process.running) await one.start();
      await hosts.online("n1", "n2");
    };

    test.each(deaths)(
      "of %s in a move: the files are where they were, and the next move copies all",
      async (_, kill) => {
        const moving = begin("volume", "move", "kept", "--to", "n2");
        await halfCopied(hosts.n2, "kept");
        await kill();
        expect(await moving.exited()).not.toBe(0);
        expect(isHalf(hosts.n2, "kept")).toBe(true);
        await back();
        await isWhole();
        expect((await hosts.volume("kept")).copies).toMatchObject([{ hostname: "n2", why: "copied" }]);

        await hosts.must("volume", "move", "kept", "--to", "n2");
        expect(filesOf(hosts.n2, "kept")).toEqual(files);
        expect(hasVolume(hosts.n1, "kept")).toBe(false);
        await hosts.must("volume", "move", "kept", "--to", "n1");
        await isWhole();
        expect((await hosts.volume("kept")).copies).toEqual([]);
      },
      90_000,
    );

    test.each([deaths[0]!, deaths[1]!])(
      "of %s in a backup: no file appears under the name, and tasks run again",
      async (_, kill) => {
        const file = join(folder, `killed-${crypto.randomUUID()}.tar`);
        const taking = begin("volume", "backup", "kept", file);
        await until("the backup to begin", async () => (await hosts.volume("kept")).work?.job === "backup");
        await kill();
        expect(await taking.exited()).not.toBe(0);
        expect(existsSync(file)).toBe(false);
        await back();
        await isWhole();
      },
      60_000,
    );

    test.each([deaths[0]!, deaths[2]!])(
      "of %s in a restore: tasks wait until it is repeated",
      async (_, kill) => {
        const name = `restored-${crypto.randomUUID().slice(0, 8)}`;
        const restoring = begin("volume", "restore", name, archive, "--node", "n2");
        await halfCopied(hosts.n2, name);
        await kill();
        expect(await restoring.exited()).not.toBe(0);
        await back();
        const { work } = await hosts.idle(name);
        expect(work).toMatchObject({ job: "restore", failed: expect.any(String) });
        const body = { name: "waits", image: hosts.image, mounts: [{ type: "volume", source: name, target: "/d" }] };
        const waits = await hosts.master.json<TaskView>("POST", "/api/v1/tasks", body);
        expect([waits.status, waits.reason.message.includes("its restore failed")]).toEqual(["pending", true]);
        await hosts.must("rm", "-f", "waits");
        await hosts.must("volume", "restore", name, archive, "--node", "n2");
        expect(await hosts.run(name, `test -e /d/${lastName}`)).toBe("n2");
        expect(filesOf(hosts.n2, name)).toEqual(files);
        await hosts.must("volume", "rm", name);
      },
      60_000,
    );

    test("a network that is cut in a move ends it, and the next one works", async () => {
      const moving = begin("volume", "move", "kept", "--to", "n2");
      await halfCopied(hosts.n2, "kept");
      await hosts.n2.cut();
      expect(await moving.exited(60_000)).not.toBe(0);
      expect(moving.output()).toContain("n2");
      await isWhole();
      await hosts.n2.reconnect();
      await hosts.online("n2");
      await hosts.must("volume", "move", "kept", "--to", "n2");
      expect(filesOf(hosts.n2, "kept")).toEqual(files);
      expect(existsSync(volumeFolder(hosts.n1, "kept"))).toBe(false);
    }, 90_000);
  });
});
