// The tour of docs/CONFIGS.md, typed into a shell beside a real master, a real worker and a real engine.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskView } from "../../src/api/views/task.ts";
import type { ServiceView } from "../../src/model/service/view.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { podlingCommand } from "../../tools/lab/cluster.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./world.ts";

const document = readFileSync(join(import.meta.dir, "../../docs/CONFIGS.md"), "utf8");
const tour = document.split("## A tour")[1]!.split(/^## /m)[0]!;
const commands = [...tour.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap((match) => match[1]!.trim().split("\n"));

describeLab("the tour of docs/CONFIGS.md", () => {
  let world: World;
  let folder: string;
  let printed = "";

  beforeAll(async () => {
    world = await World.start();
    folder = world.lab.folder("tour");
    const words = podlingCommand().map((word) => `'${word}'`);
    writeFileSync(join(folder, "podling"), `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`, { mode: 0o755 });
  }, 30_000);
  afterAll(() => world?.down());

  /** What it prints, once it has ended well. */
  async function type(command: string): Promise<string> {
    const line = command.replaceAll("--image busybox", `--image ${world.image} --stop-timeout 1`);
    const env = { PATH: `${folder}:${process.env.PATH}`, HOME: folder, PODLING_MASTER_URL: world.master.url };
    const shell = Bun.spawn(["bash", "-c", line], { cwd: folder, env, stdout: "pipe", stderr: "pipe" });
    const [out, err, code] = await Promise.all([shell.stdout.text(), shell.stderr.text(), shell.exited]);
    if (code !== 0) throw new Error(`${command}: ${code} ${err}`);
    return out;
  }

  const service = () => world.master.json<ServiceView>("GET", "/api/v1/services/hello");

  test.each(commands.map((command, index) => [`${index + 1}: ${command}`, command]))(
    "%s",
    async (_, command) => {
      printed += await type(command);
      const [task = ""] = /\w+$/.exec(command) ?? [];
      const expected = { watcher: "good night", login: "correct horse" }[task] ?? "greeting";
      const isShown = /^podling (service )?logs/.test(command);
      // A person types more slowly: what only looks is repeated until it has something to show.
      if (isShown) {
        await until(command, async () => {
          const now = await type(command);
          return now.includes(expected) || null;
        });
      }
      if (command.endsWith("podling service ls")) {
        expect(await service()).toMatchObject({ target: 2, reason: { code: "rolled-back" } });
        const replicas = await world.master.json<TaskView[]>("GET", "/api/v1/services/hello/tasks");
        expect(replicas.filter(({ status }) => status === "running").length).toBeGreaterThanOrEqual(2);
      }
    },
    60_000,
  );

  test("shows what it says", async () => {
    expect(commands.length).toBeGreaterThan(15);
    for (const text of ["app.conf@1", "app.conf@2", "app.conf@3", "app.conf@4", "config app.conf version 2"])
      expect(printed).toContain(text);
    expect(printed.split("correct horse").length - 1).toBeGreaterThanOrEqual(1);
    for (const noun of ["configs", "secrets"])
      expect(await world.master.json<object[]>("GET", `/api/v1/${noun}`)).toEqual([]);
    await until("the containers to go", async () => (await world.engine.containers()).length === 0 || null);
  });
});
