// Runs the commands of a document's tour in a shell of a lab host with an engine, a master and a worker of its own. Test support.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEMO_IMAGE } from "../../scripts/demo-image.ts";
import { podlingCommand } from "../../tools/lab/cluster.ts";
import { Lab, type LabHost } from "../../tools/lab/lab.ts";
import { inNamespace } from "../../tools/lab/process.ts";
import { until } from "../../tools/lab/until.ts";
import { PipedShell, type Printed } from "./piped-shell.ts";

/** The name of the machine in the documents. */
const hostname = "vm";

export class Tour {
  readonly host: LabHost;
  readonly #lab: Lab;
  readonly #shell: PipedShell;
  readonly #folder: string;

  private constructor(lab: Lab, host: LabHost, shell: PipedShell, folder: string) {
    this.#lab = lab;
    this.host = host;
    this.#shell = shell;
    this.#folder = folder;
  }

  /** With `podling up` on the host, the image of the demo on its engine, and the shell in an empty folder. */
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
      const files = ["--data-dir", join(home, "data"), "--key-file", join(home, "master.key")];
      const up = [join(bin, "podling"), "up", "--hostname", hostname, ...files];
      lab.spawn("up", [...inNamespace(host.namespace), ...up], { env });
      const folder = lab.folder("tour");
      const shell = new PipedShell(inNamespace(host.namespace), { env, cwd: folder });
      const tour = new Tour(lab, host, shell, folder);
      await until("the node", async () => (await tour.type("podling nodes")).text.includes("online"), 30_000);
      return tour;
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  /** A file in the folder of the shell. */
  write(name: string, text: string): void {
    writeFileSync(join(this.#folder, name), text);
  }

  type(command: string, merged = false): Promise<Printed> {
    return this.#shell.type(command, merged);
  }

  async down(): Promise<void> {
    await this.#shell.end();
    await this.#lab.down();
  }
}
