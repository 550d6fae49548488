// podling volume with a real master. The test acts as the worker.

import { describe, expect, test } from "bun:test";
import type { VolumeView } from "../../src/model/volume/volume.ts";
import { playedCluster } from "./playing-worker.ts";

const { ok, podling } = playedCluster();
const inspect = async (name: string): Promise<VolumeView> => JSON.parse(await ok(`volume inspect ${name}`));

describe("podling volume", () => {
  test("a task makes one; ls and inspect show where it is and who uses it", async () => {
    await ok("run db --image app:1 -v pgdata:/data");
    expect(await inspect("pgdata")).toMatchObject({
      ...{ name: "pgdata", hostname: "n1", state: "bound", writers: 1, usedBy: [{ name: "db", writes: true }] },
    });
    const table = await ok("volume ls");
    expect(table).toContain("NAME    NODE  STATE  WRITERS  USED BY  AGE  DATA\npgdata  n1    bound        1  db");
    expect(table).toContain("its data is on n1");
    expect(await ok("volume ls -q")).toBe("pgdata\n");
  });

  test("create with writers, labels and a node; update adds labels", async () => {
    expect(await ok("volume create cache --writers many --node n1 -l app=shop")).toBe("cache\n");
    expect(await inspect("cache")).toMatchObject({ writers: "many", state: "bound", labels: { app: "shop" } });
    await ok("volume update cache --writers 1 -l tier=web");
    expect(await inspect("cache")).toMatchObject({ writers: 1, labels: { app: "shop", tier: "web" } });
    expect(JSON.parse(await ok("volume inspect cache pgdata")).map(({ name }: VolumeView) => name)).toEqual([
      ...["cache", "pgdata"],
    ]);
  });

  test("release says why it refuses, and what to type", async () => {
    const refused = await podling("volume release cache");
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("n1 is online and has the data of the volume cache");
    expect(refused.err).toContain("podling volume release --force cache");
    expect(await ok("volume release -f cache")).toBe("cache\n");
    expect(await inspect("cache")).toMatchObject({ state: "released", nodeId: null });
  });

  test.each([
    ["volume update cache", 64, "nothing to change"],
    ["volume create x --writers 3", 64, "--writers: expected 1, many"],
    ["volume create pgdata", 1, "there is a volume pgdata already"],
    ["volume inspect nothing", 1, "there is no volume"],
  ])("%s ends with %d", async (line, code, says) => {
    const ran = await podling(line);
    expect([ran.code, ran.err.includes(says)]).toEqual([code, true]);
  });
});
