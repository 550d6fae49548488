// make demo as a new user runs it: it succeeds, leaves nothing behind, also when interrupted, and changes no other container.
// The engine is a lab's, named by DOCKER_HOST.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describeLab } from "../tools/lab/available.ts";
import type { Engine } from "../tools/lab/engine.ts";
import { Lab } from "../tools/lab/lab.ts";

const DEMO = resolve(import.meta.dir, "../scripts/demo.ts");
const DEMO_WAIT_MS = 60_000;

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
    for (const text of ["worker-1", "worker-2", "done counting", "running", "completed", "Hello from a container"]) {
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
