// The tour of docs/JOBS.md: its commands, typed into a shell, print what the document shows. With PODLING_UPDATE_DOCS=1 the
// outputs are written to the document instead.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeLab } from "../../tools/lab/available.ts";
import { podlingCommand } from "../../tools/lab/cluster.ts";
import { type ConsoleStep, consoleSteps, withOutputs, withoutVariables } from "../docs/shown-commands.ts";
import { World } from "./world.ts";

const DOCUMENT = join(import.meta.dir, "../../docs/JOBS.md");
const UPDATES = process.env.PODLING_UPDATE_DOCS === "1";

describeLab("the tour of docs/JOBS.md", () => {
  let world: World;
  let env: Record<string, string | undefined>;

  beforeAll(async () => {
    world = await World.start();
    const bin = world.lab.folder("bin");
    const words = podlingCommand().map((word) => `'${word}'`);
    writeFileSync(join(bin, "podling"), `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`, { mode: 0o755 });
    const home = world.lab.folder("home");
    env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, HOME: home, PODLING_MASTER_URL: world.master.url };
  }, 30_000);
  afterAll(() => world?.down());

  /** What the shell prints, stderr too. */
  async function type(command: string): Promise<string> {
    const typed = command.replaceAll("alpine", world.image);
    const shell = Bun.spawn(["bash", "-c", `exec 2>&1; ${typed}`], { env, stdout: "pipe" });
    const printed = await new Response(shell.stdout).text();
    await shell.exited;
    // How far a job is, is said while nothing else is: which of these lines there are depends on the machine.
    const lines = printed.split("\n").filter((line) => !/^[\w-]+: (waiting|running), \d+ of /.test(line));
    return lines.join("\n").replaceAll(world.image, "alpine");
  }

  /** Also without due times, which are in names of jobs, too. */
  const shape = (text: string) =>
    withoutVariables(text.replace(/-\d{14}(-[a-z0-9]{4})?/g, "-DUE").replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "DUE"));

  const printedSteps: ConsoleStep[] = [];
  const steps = consoleSteps(readFileSync(DOCUMENT, "utf8"));

  test.each(steps.map((step) => [step.command, step] as const))(
    "$ %s",
    async (_, { command, output }) => {
      const printed = await type(command);
      printedSteps.push({ command, output: printed });
      if (!UPDATES) expect(shape(printed)).toBe(shape(output));
    },
    60_000,
  );

  test.if(UPDATES)("is written to the document", () => {
    writeFileSync(DOCUMENT, withOutputs(readFileSync(DOCUMENT, "utf8"), printedSteps));
  });

  test("leaves no job, no schedule and no task", async () => {
    expect(steps.length).toBeGreaterThan(10);
    expect(await world.master.json<object[]>("GET", "/api/v1/jobs")).toEqual([]);
    expect(await world.master.json<object[]>("GET", "/api/v1/schedules")).toEqual([]);
  });
});
