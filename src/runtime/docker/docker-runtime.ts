// The runtime over the Docker Engine API (Docker, and Podman's socket), put together from one file for each resource.

import type { Runtime } from "../runtime.ts";
import { DockerChecks } from "./checks.ts";
import { DockerContainers } from "./containers.ts";
import { type Credentials, noLogin } from "./credentials.ts";
import { type DiskReading, DockerEngine, readDisk } from "./engine.ts";
import { EngineHttp } from "./engine-http.ts";
import { DockerExec } from "./exec.ts";
import { DockerImages } from "./images.ts";
import { DockerNetworks } from "./networks.ts";
import { DockerVolumes } from "./volumes.ts";

export class DockerRuntime implements Runtime {
  readonly engine: DockerEngine;
  readonly containers: DockerContainers;
  readonly images: DockerImages;
  readonly volumes: DockerVolumes;
  readonly networks: DockerNetworks;
  readonly exec: DockerExec;
  readonly checks: DockerChecks;

  /** `disk` reads the usage of a path: handed in by tests that need a full one. Throws TypeError on a wrong address. */
  constructor(host: string, credentials: Credentials = async () => noLogin, disk: DiskReading = readDisk) {
    const http = new EngineHttp(host);
    this.engine = new DockerEngine(http, disk);
    this.containers = new DockerContainers(http);
    this.images = new DockerImages(http, credentials);
    this.volumes = new DockerVolumes(http);
    this.networks = new DockerNetworks(http);
    this.exec = new DockerExec(http);
    this.checks = new DockerChecks(http);
  }
}
