// Says what containers may do on the nodes: without a policy, a user who may create tasks is root there.

import { allowedBy, type NodePolicy } from "../../../../model/node/policy.ts";
import { listed } from "../../../render/words.ts";
import { type Finding, field, fine, textField } from "./finding.ts";

/** `nodes`: the master's list, unchecked. At least one. */
export function rightsFinding(nodes: readonly unknown[]): Finding {
  const check = "rights";
  const nameOf = (node: unknown) => textField(node, "hostname");
  const open = nodes.filter((node) => policyOf(node) === null).map(nameOf);
  const others = nodes.flatMap((node) => {
    const policy = policyOf(node);
    return policy === null ? [] : [`${nameOf(node)} allows ${allowedBy(policy) || "none of these"}`];
  });
  const restricted = others.length === 0 ? "" : `; ${listed(others, "; ")}`;
  if (open.length > 0) {
    const may = "mount every folder, be privileged, use devices and the network of the node";
    return fine(
      check,
      `tasks on ${listed(open)} may do what docker can: ${may} (--restrict of the worker changes it)${restricted}`,
    );
  }
  return fine(
    check,
    `mounts of the node's folders, privileged containers, devices and the network of the node: ${listed(others, "; ")}`,
  );
}

/** Null if there is none. */
function policyOf(node: unknown): NodePolicy | null {
  const policy = field(node, "policy");
  if (typeof policy !== "object" || policy === null) return null;
  const binds = field(policy, "binds");
  const allows = (name: string) => field(policy, name) === true;
  return {
    binds: Array.isArray(binds) ? binds.map(String) : [],
    ...{ privileged: allows("privileged"), hostNetwork: allows("hostNetwork"), devices: allows("devices") },
  };
}
