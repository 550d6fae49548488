// Findings about the key that secrets are sealed with, and about the way that they take to workers, from the unchecked answers
// of the master. None while nothing is sealed.

import { isLoopback } from "../../../../lib/ip-address.ts";
import { type Finding, field, finding, textField } from "./finding.ts";

/** `report`: null if the master does not know of keys. */
export function sealingFindings(report: unknown, nodes: unknown): Finding[] {
  const status = textField(report, "status");
  const message = textField(report, "message");
  if (status === "missing" || status === "other") {
    const fix = "Put the key file back that the secrets were sealed with; without it they must be made again";
    return [finding("key of secrets", "problem", message, fix)];
  }
  if (status !== "present") return [];
  const place = textField(report, "place");
  const copy = `Keep a copy of ${place} apart from the backups, which do not have it: without it no secret opens`;
  return [finding("key of secrets", "note", message, copy), ...unencrypted(nodes)];
}

function unencrypted(nodes: unknown): Finding[] {
  if (!Array.isArray(nodes)) return [];
  const [first, ...more] = nodes.filter((node: unknown) => {
    const address = textField(node, "address");
    return field(node, "status") === "online" && address !== "" && !isLoopback(address);
  });
  if (first === undefined) return [];
  const others = more.length === 0 ? "" : ` and ${more.length} other ${more.length === 1 ? "node" : "nodes"}`;
  const message = `secrets are sent to ${textField(first, "hostname")} (${textField(first, "address")})${others} without encryption`;
  const fix = "If other programs can read this network, connect the machines by a tunnel such as WireGuard";
  return [finding("way of secrets", "note", message, fix)];
}
