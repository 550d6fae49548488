// What the log says when a worker did not get the node or the name that it asked for.

import type { Log } from "../../lib/log.ts";
import type { NodeRecord } from "../../model/node/node.ts";

/** `claimed`: the node that the registration was for, as it was before; null if there was none. */
export function logIdentity(log: Log, node: NodeRecord, claimed: NodeRecord | null): void {
  const { nodeId, hostname, askedHostname, address } = node;
  if (claimed !== null && claimed.nodeId !== nodeId) {
    log.warn("a second worker claimed the identity of a node whose worker runs; it joined as a node of its own", {
      ...{ node: hostname, nodeId, address },
      ...{ claimed: claimed.nodeId, holder: `${claimed.address}:${claimed.port}` },
    });
  } else if (askedHostname !== null && claimed?.askedHostname !== askedHostname) {
    log.warn(
      "a node got another name than its worker asked for, because another node has that; give each worker a --hostname of its own",
      { node: hostname, nodeId, address, asked: askedHostname },
    );
  }
}
