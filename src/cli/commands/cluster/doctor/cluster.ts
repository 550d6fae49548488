// Findings from the responses of the master. They are unchecked, because another program may listen at its address.

import { shownUrl } from "../../../../lib/server-url.ts";
import { listed, namedAtMost } from "../../../render/words.ts";
import { type Finding, field, finding, fine, textField } from "./finding.ts";
import { rightsFinding } from "./rights.ts";

export interface MasterAnswers {
  url: string;
  /** GET /version and /ready. Null if there was no answer. */
  version: unknown;
  ready: { ok: boolean; message: string } | null;
  /** GET /api/v1/nodes. A sentence if that was refused. */
  nodes: unknown[] | string | null;
}

export function isPodling(version: unknown): boolean {
  return textField(version, "version") !== "" && textField(version, "api") !== "";
}

export function masterFindings({ url, version, ready, nodes }: MasterAnswers, ours: string): Finding[] {
  if (!isPodling(version)) {
    return [
      finding(
        "master",
        "problem",
        `the server at ${shownUrl(url)} is not Podling`,
        "Check --master or PODLING_MASTER_URL",
      ),
    ];
  }
  const findings = [
    ready === null || ready.ok
      ? fine("master", `version ${textField(version, "version")} at ${shownUrl(url)}`)
      : finding(
          "master",
          "problem",
          `the master accepts no writes: ${ready.message}`,
          "Free disk space, or make its folder writable",
        ),
  ];
  if (typeof nodes === "string")
    findings.push(
      finding(
        "token",
        "problem",
        nodes,
        "Set the token with --token-file or PODLING_TOKEN, or use a context that has it",
      ),
    );
  const known = Array.isArray(nodes) ? nodes : [];
  findings.push(...versionFindings(ours, textField(version, "version"), known));
  if (Array.isArray(nodes)) findings.push(...nodeFindings(nodes));
  if (known.length > 0) findings.push(rightsFinding(known));
  return findings;
}

function versionFindings(ours: string, masters: string, nodes: readonly unknown[]): Finding[] {
  const fix = "Install the same version everywhere: restart the master first, then the workers one by one";
  const others = nodes
    // Nodes registered directly through the API may have no version.
    .filter((node) => !["", masters].includes(textField(node, "version")))
    .map((node) => `${textField(node, "hostname")} has ${textField(node, "version")}`);
  const findings: Finding[] = [];
  if (ours !== masters)
    findings.push(finding("versions", "warning", `this program is version ${ours}, the master ${masters}`, fix));
  if (others.length > 0)
    findings.push(finding("versions", "warning", `the master is version ${masters}, but ${listed(others)}`, fix));
  return findings.length > 0 ? findings : [fine("versions", `all ${masters}`)];
}

function nodeFindings(nodes: readonly unknown[]): Finding[] {
  if (nodes.length === 0)
    return [
      finding(
        "nodes",
        "warning",
        "there are no nodes, so no task can run",
        "Start a worker: podling worker --master URL",
      ),
    ];
  const named = (matches: (node: unknown) => boolean) =>
    nodes.filter(matches).map((node) => textField(node, "hostname"));
  const offline = named((node) => textField(node, "status") === "offline");
  const away = nodes.filter((node) => textField(node, "engineError") !== "" && textField(node, "status") !== "offline");
  const cordoned = named((node) => field(node, "schedulable") === false);
  const findings: Finding[] = [];
  if (offline.length > 0) {
    const fix = "Check the worker on that machine; for a machine that no longer exists: podling node rm NODE";
    findings.push(finding("nodes", "warning", `offline: ${listed(offline)}`, fix));
  }
  for (const node of away.slice(0, namedAtMost)) {
    const why = textField(node, "engineError");
    findings.push(
      finding(
        "nodes",
        "problem",
        `no working engine on ${textField(node, "hostname")}: ${why}`,
        "Run podling doctor on that machine",
      ),
    );
  }
  if (away.length > namedAtMost) {
    const more = away.slice(namedAtMost).map((node) => textField(node, "hostname"));
    findings.push(
      finding("nodes", "problem", `no working engine on ${listed(more)}`, "Run podling doctor on these machines"),
    );
  }
  if (cordoned.length > 0)
    findings.push(
      finding(
        "nodes",
        "note",
        `cordoned: ${listed(cordoned)}`,
        "Allow placements again with podling node uncordon NODE",
      ),
    );
  const draining = named((node) => field(field(node, "draining"), "since") !== undefined);
  if (draining.length > 0)
    findings.push(
      finding(
        "nodes",
        "note",
        `being drained, so no new tasks are placed there: ${listed(draining)}`,
        "End it with podling node undrain NODE",
      ),
    );
  findings.push(...nameFindings(nodes));
  return findings.length > 0 ? findings : [fine("nodes", `${nodes.length} online, with working engines`)];
}

/** Machines made from one image have one name. */
function nameFindings(nodes: readonly unknown[]): Finding[] {
  const renamed = nodes.filter((node) => textField(node, "askedHostname") !== "");
  const words = renamed.map((node) => {
    const where = `${textField(node, "address")}:${field(node, "port")}`;
    return `${textField(node, "hostname")} at ${where} asked for the name ${textField(node, "askedHostname")}`;
  });
  const names = nodes.map((node) => textField(node, "hostname"));
  const shared = [...new Set(names.filter((name, index) => name !== "" && names.indexOf(name) !== index))];
  const fix = "Give each worker a name of its own with --hostname, and no copy of another worker's data folder";
  const findings: Finding[] = [];
  if (words.length > 0)
    findings.push(finding("names", "warning", `several machines have one name: ${listed(words)}`, fix));
  if (shared.length > 0) findings.push(finding("names", "warning", `several nodes are called ${listed(shared)}`, fix));
  return findings;
}
