// The port to a container engine, by resource. It knows containers, images, volumes and networks, and no tasks: what is done
// next with a container is decided in worker/task/step.ts.

import type { Checks } from "./checks.ts";
import type { Containers } from "./containers.ts";
import type { Engine } from "./engine.ts";
import type { Exec } from "./exec.ts";
import type { Images } from "./images.ts";
import type { Networks } from "./networks.ts";
import type { Volumes } from "./volumes.ts";

export interface Runtime {
  readonly engine: Engine;
  readonly containers: Containers;
  readonly images: Images;
  readonly volumes: Volumes;
  readonly networks: Networks;
  readonly exec: Exec;
  readonly checks: Checks;
}
