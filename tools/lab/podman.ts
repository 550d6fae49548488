// Podman's Docker-compatible service, with storage of its own, on this machine: as an engine for the tests.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { engineFetch } from "../../scripts/ping-engine.ts";
import type { Claim } from "./claim.ts";
import { OwnedProcess } from "./process.ts";
import { until } from "./until.ts";

const START_WAIT_MS = 60_000;

export class Podman {
  /** As DOCKER_HOST and --docker-host take it. */
  readonly host: string;

  private constructor(socket: string) {
    this.host = `unix://${socket}`;
  }

  static async start(claim: Claim): Promise<Podman> {
    const folder = join(claim.folder, "podman");
    mkdirSync(folder);
    const path = (name: string) => join(folder, name);
    writeFileSync(
      path("storage.conf"),
      `[storage]\ndriver = "overlay"\nrunroot = "${path("run")}"\ngraphroot = "${path("data")}"\n`,
    );
    // Without systemd there is no journal for events. The limits of containers must not be above those of this machine.
    const settings = '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n[engine]\n';
    // crun refuses machines with both versions of cgroups; runc, which comes with Docker, does not.
    const runtime = Bun.which("runc") === null ? "" : 'runtime = "runc"\n';
    writeFileSync(
      path("containers.conf"),
      `${settings}${runtime}cgroup_manager = "cgroupfs"\nevents_logger = "file"\n`,
    );
    const podman = new Podman(path("podman.sock"));
    const service = new OwnedProcess(claim, "podman", ["podman", "system", "service", "--time=0", podman.host], {
      env: { CONTAINERS_CONF: path("containers.conf"), CONTAINERS_STORAGE_CONF: path("storage.conf") },
    });
    await until(
      "Podman to answer",
      async () => {
        service.mustRun();
        return (await engineFetch(podman.host, "/_ping")).ok;
      },
      START_WAIT_MS,
    );
    return podman;
  }
}
