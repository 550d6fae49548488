// Runs the commands of a document's tour in a shell of a lab host with an engine, a master and a worker of its own. Test support.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEMO_IMAGE } from "../../scripts/demo-image.ts";
import { podlingCommand } from "../../tools/lab/cluster.ts";
import { Lab, type LabHost } from "../../tools/lab/lab.ts";
import { inNamespace } from "../../tools/lab/process.ts";
import { until } from "../../tools/lab/until.ts";

export interface Printed {
  code: number;
  /** Of stdout. */
  text: string;
  /** Of stderr: what a command says while it waits. */
  said: string;
}

export class Tour {
  readonly lab: Lab;
  readonly #host: LabHost;
  readonly #env: Record<string, string>;

  private constructor(lab: Lab, host: LabHost, env: Record<string, string>) {
    this.lab = lab;
    this.#host = host;
    this.#env = env;
  }

  /** With `podling up` on the host, and the image of the demo on its engine. */
  static async start(): Promise<Tour> {
    const lab = await Lab.start();
    try {
      const host = await lab.host("n1");
      await host.engine.image(DEMO_IMAGE);
      const bin = lab.folder("bin");
      const words = podlingCommand().map((word) => `'${word}'`);
      writeFileSync(join(bin, "podling"), `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`, { mode: 0o755 });
      const home = lab.folder("home");
      const env = { DOCKER_HOST: host.engine.host, PATH: `${bin}:${process.env.PATH}`, HOME: home, NO_COLOR: "1" };
      const up = [...inNamespace(host.namespace), join(bin, "podling"), "up", "--data-dir", join(home, "data")];
      lab.spawn("up", up, { env });
      const tour = new Tour(lab, host, env);
      await until("the node", async () => (await tour.type("podling nodes")).text.includes("online"), 30_000);
      return tour;
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  async type(command: string): Promise<Printed> {
    const shell = Bun.spawn([...inNamespace(this.#host.namespace), "bash", "-c", command], {
      env: { ...process.env, ...this.#env },
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err] = await Promise.all([new Response(shell.stdout).text(), new Response(shell.stderr).text()]);
    return { code: await shell.exited, text: out.trimEnd(), said: err.trimEnd() };
  }
}
