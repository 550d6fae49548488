// A real registry for the lab (Debian's docker-registry), on the lab's bridge address, where this machine and all lab
// hosts reach it, with or without a password.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { headerOf } from "../../src/runtime/docker/credentials.ts";
import type { Claim } from "./claim.ts";
import type { Engine } from "./engine.ts";
import { bridgeAddress } from "./network.ts";
import { OwnedProcess } from "./process.ts";
import { until } from "./until.ts";

export type RegistryLogin = { user: string; password: string };

export class Registry {
  /** address:port, the first part of the names of its images. */
  readonly address: string;
  readonly #claim: Claim;
  readonly #name: string;
  readonly #login: RegistryLogin | undefined;
  #process: OwnedProcess | null = null;

  constructor(claim: Claim, name: string, port: number, login?: RegistryLogin) {
    this.#claim = claim;
    this.#name = name;
    this.#login = login;
    this.address = `${bridgeAddress(claim.slot)}:${port}`;
  }

  get url(): string {
    return `http://${this.address}`;
  }

  async start(): Promise<void> {
    const folder = join(this.#claim.folder, this.#name);
    const config = join(folder, "config.yml");
    mkdirSync(join(folder, "images"), { recursive: true });
    const lines = [
      "version: 0.1",
      "log: { level: warn }",
      `storage: { filesystem: { rootdirectory: ${join(folder, "images")} }, delete: { enabled: true } }`,
      `http: { addr: "${this.address}" }`,
    ];
    if (this.#login !== undefined) {
      const hash = await Bun.password.hash(this.#login.password, { algorithm: "bcrypt", cost: 4 });
      writeFileSync(join(folder, "users"), `${this.#login.user}:${hash}\n`);
      lines.push(`auth: { htpasswd: { realm: lab, path: ${join(folder, "users")} } }`);
    }
    writeFileSync(config, `${lines.join("\n")}\n`);
    const launched = new OwnedProcess(this.#claim, this.#name, ["docker-registry", "serve", config]);
    this.#process = launched;
    await until(`the registry at ${this.address} to answer`, async () => {
      launched.mustRun();
      return (await fetch(`${this.url}/v2/`)).status < 500;
    });
  }

  async stop(): Promise<void> {
    await this.#process?.kill("SIGKILL");
    this.#process = null;
  }

  /** Pushes an image of the engine as `name` ("web:1"). Returns the reference for --image. */
  async push(engine: Engine, image: string, name: string): Promise<string> {
    const reference = `${this.address}/${name}`;
    const [repo, tag] = [
      reference.slice(0, reference.lastIndexOf(":")),
      reference.slice(reference.lastIndexOf(":") + 1),
    ];
    await engine.json(`/images/${image}/tag?${new URLSearchParams({ repo, tag })}`, "POST");
    const login = this.#login ? { username: this.#login.user, password: this.#login.password } : {};
    const answer = await engine.fetch(`/images/${repo}/push?tag=${tag}`, {
      method: "POST",
      headers: { "x-registry-auth": headerOf(this.address, login) },
    });
    const text = await answer.text();
    if (!answer.ok || text.includes('"error"')) throw new Error(`pushing ${reference}: ${answer.status} ${text}`);
    // Removed from the engine, so that the test's task has to pull it.
    await engine.json(`/images/${reference}`, "DELETE");
    return reference;
  }
}
