// What a new user types first. make demo succeeds, leaves nothing behind, also when interrupted, and changes no other
// container. The tour of README.md prints what the document shows. The engines are a lab's, named by DOCKER_HOST.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Subprocess } from "bun";
import { screenOf, textOf } from "../scripts/pictures/terminal-screen.ts";
import { describeLab } from "../tools/lab/available.ts";
import { podlingCommand } from "../tools/lab/cluster.ts";
import type { Engine } from "../tools/lab/engine.ts";
import { Lab, type LabHost } from "../tools/lab/lab.ts";
import { inNamespace } from "../tools/lab/process.ts";
import { until } from "../tools/lab/until.ts";
import { type ConsoleStep, consoleSteps, withOutputs, withoutVariables } from "./docs/shown-commands.ts";

const ROOT = resolve(import.meta.dir, "..");
const DEMO = join(ROOT, "scripts/demo.ts");
const DEMO_WAIT_MS = 60_000;
const STEP_WAIT_MS = 20_000;
const COLUMNS = 80;
const README = join(ROOT, "README.md");
/** With PODLING_UPDATE_DOCS=1 the outputs are written to README.md instead of being compared with it. */
const UPDATES = process.env.PODLING_UPDATE_DOCS === "1";
const TYPING_MS = 3_000;

describeLab("make demo", () => {
  let lab: Lab;
  let engine: Engine;
  let neighbour: string;

  beforeAll(async () => {
    lab = await Lab.start();
    engine = await lab.engine();
    const image = await engine.image("other-image:latest");
    const created = await engine.json<{ Id: string }>("/containers/create", "POST", {
      Image: image,
      Cmd: ["sleep", "600"],
    });
    neighbour = created.Id;
    await engine.json(`/containers/${neighbour}/start`, "POST");
  });

  afterAll(async () => {
    await lab?.down();
  });

  /** Starts the demo with its temporary files in a folder of its own. */
  function startDemo(name: string) {
    const folder = lab.folder(name);
    const env = { DOCKER_HOST: engine.host, TMPDIR: folder };
    const demo = lab.spawn(name, [process.execPath, DEMO], { env });
    return { demo, folder };
  }

  async function expectNothingLeft(folder: string): Promise<void> {
    const containers = await engine.containers();
    expect(containers.map(({ Id, State }) => ({ Id, State }))).toEqual([{ Id: neighbour, State: "running" }]);
    const images = await engine.json<{ RepoTags: string[] }[]>("/images/json");
    expect(images.flatMap((image) => image.RepoTags)).toEqual(["other-image:latest"]);
    expect(readdirSync(folder)).toEqual([]);
  }

  test("succeeds, prints its steps, and leaves nothing", async () => {
    const { demo, folder } = startDemo("demo");
    const code = await demo.exited(DEMO_WAIT_MS);
    const shown = demo.output();
    expect(code, shown).toBe(0);
    for (const text of ["n1  ", "n2  ", "done counting", "running", "completed", "Hello from a container"]) {
      expect(shown).toContain(text);
    }
    await expectNothingLeft(folder);
  });

  test("removes what it made when it is interrupted", async () => {
    const { demo, folder } = startDemo("interrupted");
    await demo.printed(/podling run count/, DEMO_WAIT_MS);
    const [master] = readdirSync(folder).map((name) => join(folder, name, "master"));
    expect(master && readdirSync(master).length).toBeGreaterThan(0);
    expect(await demo.kill("SIGINT", DEMO_WAIT_MS)).toBe(130);
    await expectNothingLeft(folder);
  });
});

/** A shell in a terminal of 80 columns: commands share its jobs, its folder and its variables. */
class Shell {
  readonly #bash: Subprocess;
  readonly #decoder = new TextDecoder();
  #output = "";

  constructor(command: string[], env: Record<string, string>, cwd: string) {
    this.#bash = Bun.spawn([...command, "bash", "--norc", "--noprofile", "--noediting"], {
      cwd,
      env: { ...process.env, TERM: "xterm", PS1: "", ...env },
      terminal: {
        cols: COLUMNS,
        rows: 24,
        data: (_, bytes) => {
          this.#output += this.#decoder.decode(bytes, { stream: true });
        },
      },
    });
  }

  /** What the terminal shows of the command's output. */
  async type(command: string): Promise<string> {
    const from = this.#output.length;
    this.#bash.terminal!.write(`${command}\necho "${"END".split("").join('""')}"\n`);
    await until(
      `the end of ${command}`,
      () => Promise.resolve(/END\r?\n/.test(this.#output.slice(from))),
      DEMO_WAIT_MS,
    );
    const printed = this.#output.slice(from).split(/END\r?\n/)[0]!;
    return screenOf(printed, COLUMNS).map(textOf).join("\n");
  }

  async end(): Promise<void> {
    this.#bash.terminal!.close();
    await this.#bash.exited;
  }
}

describeLab("the tour of README.md", () => {
  let lab: Lab;
  let host: LabHost;
  let shell: Shell;
  /** Stands for the folder that the tour makes in /tmp, so that tests can run at the same time. */
  let folder: string;

  beforeAll(async () => {
    lab = await Lab.start();
    host = await lab.host("n1");
    folder = join(lab.folder("tour"), "podling-tour");
    const bin = lab.folder("bin");
    const words = podlingCommand().map((word) => `'${word}'`);
    writeFileSync(join(bin, "podling"), `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`, { mode: 0o755 });
    const env = { DOCKER_HOST: host.engine.host, PATH: `${bin}:${process.env.PATH}`, HOME: lab.folder("home") };
    shell = new Shell(inNamespace(host.namespace), env, ROOT);
    await shell.type("stty -echo");
  });

  afterAll(async () => {
    await shell?.type("kill $(jobs -p)").catch(() => "");
    await shell?.end();
    await lab?.down();
  });

  const printedSteps: ConsoleStep[] = [];
  const steps = consoleSteps(readFileSync(README, "utf8")).filter(({ command }) => !command.startsWith("make build"));

  test.each(steps.map((step) => [step.command, step] as const))(
    "$ %s",
    async (_, { command, output }) => {
      const typed = command.replaceAll("/tmp/podling-tour", folder);
      // A person types more slowly than this test: what only looks is repeated until it shows what the document does.
      const looks = /^(podling (nodes|ps)|curl)\b/.test(command);
      if (looks && UPDATES) await Bun.sleep(TYPING_MS);
      let printed = await shell.type(typed);
      const deadline = performance.now() + STEP_WAIT_MS;
      while (
        looks &&
        !UPDATES &&
        withoutVariables(printed) !== withoutVariables(output) &&
        performance.now() < deadline
      ) {
        await Bun.sleep(200);
        printed = await shell.type(typed);
      }
      printedSteps.push({ command, output: printed });
      if (output !== "" && !UPDATES) expect(withoutVariables(printed)).toBe(withoutVariables(output));
    },
    DEMO_WAIT_MS,
  );

  test.if(UPDATES)("is written to README.md", () => {
    writeFileSync(README, withOutputs(readFileSync(README, "utf8"), printedSteps));
  });

  test("leaves no container, no image and no folder", async () => {
    expect(await host.engine.containers()).toEqual([]);
    expect(await host.engine.json<unknown[]>("/images/json")).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });
});
