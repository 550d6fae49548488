// What the log says about a registration: why it fails, once for each reason, and whether the worker got what it asked for.

import type { Log } from "../../lib/log.ts";
import type { Node } from "../../model/node/node.ts";
import type { Refusal } from "../../model/refusal.ts";
import type { NodeDescription } from "./node-description.ts";

export class RegistrationLog {
  readonly #log: Log;
  #last = "";

  constructor(log: Log) {
    this.#log = log;
  }

  refused({ code, message, hint }: Refusal): void {
    const reason = code === "node-alive" ? code : message;
    if (reason === this.#last) return;
    this.#last = reason;
    if (code === "node-alive") this.#log.warn(`another worker may have this node: ${message}`, { hint });
    else this.#log.error(`the master refuses this worker: ${message}`, { hint });
  }

  failed(message: string): void {
    if (message !== this.#last) this.#log.warn(`${message}; trying until it answers`);
    this.#last = message;
  }

  joined(master: string, asked: NodeDescription, got: Pick<Node, "nodeId" | "hostname">): void {
    const { nodeId, hostname } = got;
    this.#log.info("joined", { master, nodeId, hostname });
    if (asked.nodeId !== undefined && asked.nodeId !== nodeId) {
      this.#log.warn(
        "another worker runs as the node of this data folder (a copy?); from now on this worker is a new node",
        {
          ...{ before: asked.nodeId, nodeId, hostname },
        },
      );
    } else if (asked.hostname !== hostname) {
      this.#log.warn("another node has this host name; give this worker a --hostname of its own", {
        ...{ asked: asked.hostname, hostname },
      });
    }
  }
}
