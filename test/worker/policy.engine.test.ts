// A worker with a policy on a real engine: what is allowed runs, links that lead out are found, and docker's flags reach the
// engine by way of the command line, the master and the worker.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeLab } from "../../tools/lab/available.ts";
import { World } from "./world.ts";

describeLab("a worker with a policy", () => {
  let world: World;
  let folder: string;
  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "podling-policy-engine-")));
    for (const name of ["open", "secret"]) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "file"), `${name}\n`);
    }
    symlinkSync("../secret", join(folder, "open/out"));
    symlinkSync(join(folder, "open"), join(folder, "open/in"));
    world = await World.start({ args: ["--allow-bind", join(folder, "open")] });
  });
  afterAll(async () => {
    await world?.down();
    rmSync(folder, { recursive: true, force: true });
  });

  const bind = (source: string) => ({ mounts: [{ type: "bind", source: join(folder, source), target: "/d" }] });

  test("mounts what is allowed, also by a link", async () => {
    for (const source of ["open", "open/in"]) {
      const task = await world.create(`reads-${source.replace("/", "-")}`, "grep -q open /d/file", bind(source));
      expect((await world.reaches(task, "completed")).exitCode).toBe(0);
    }
  });

  test("fails a task whose link leads out, and makes no container of it", async () => {
    const task = await world.reaches(await world.create("out", "cat /d/file", bind("open/out")), "failed");
    expect(task.reason.code).toBe("policy-forbidden");
    expect(task.reason.message).toContain(`and this one is of ${folder}/secret`);
    expect(task.containerId).toBeNull();
  });

  test("does not get what it forbids", async () => {
    for (const more of [bind("secret"), { network: { mode: "host" } }, { security: { capAdd: ["SYS_ADMIN"] } }]) {
      const { status, reason } = await world.create("forbidden", "true", more);
      expect({ status, code: reason.code }).toEqual({ status: "pending", code: "no-node-fits" });
      expect(reason.message).toContain("forbids it (n1 allows ");
    }
  });
});
