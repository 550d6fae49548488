// What the master says of itself and of the nodes, judged. Its answers may be anything: something else may listen there.

import { type Finding, field, finding, fine, textField } from "./finding.ts";

/** Named in a sentence; the count says the rest. */
const namedAtMost = 5;

export interface MasterAnswers {
  url: string;
  /** GET /version, /ready; null: it did not answer that. */
  version: unknown;
  ready: { ok: boolean; message: string } | null;
  /** GET /api/v1/nodes; a sentence where that was refused. */
  nodes: unknown[] | string | null;
}

export function isPodling(version: unknown): boolean {
  return textField(version, "version") !== "" && textField(version, "api") !== "";
}

export function masterFindings({ url, version, ready, nodes }: MasterAnswers, ours: string): Finding[] {
  if (!isPodling(version)) {
    return [
      finding("master", "problem", `what answers at ${url} is not Podling`, "Look at --master or PODLING_MASTER_URL"),
    ];
  }
  const findings = [
    ready === null || ready.ok
      ? fine("master", `version ${textField(version, "version")} at ${url}`)
      : finding("master", "problem", `it takes no writes: ${ready.message}`, "Free space, or make its folder writable"),
  ];
  if (typeof nodes === "string")
    findings.push(finding("token", "problem", nodes, "Give the master's token with --token or PODLING_TOKEN"));
  const known = Array.isArray(nodes) ? nodes : [];
  findings.push(...versionFindings(ours, textField(version, "version"), known));
  if (Array.isArray(nodes)) findings.push(...nodeFindings(nodes));
  return findings;
}

function versionFindings(ours: string, masters: string, nodes: readonly unknown[]): Finding[] {
  const fix = "Install one version everywhere: restart the master first, then workers one after the other";
  const others = nodes
    // Who registered by hand has none.
    .filter((node) => !["", masters].includes(textField(node, "version")))
    .map((node) => `${textField(node, "hostname")} has ${textField(node, "version")}`);
  const findings: Finding[] = [];
  if (ours !== masters)
    findings.push(finding("versions", "warning", `this program is ${ours}, the master ${masters}`, fix));
  if (others.length > 0)
    findings.push(finding("versions", "warning", `the master has ${masters}, but ${some(others)}`, fix));
  return findings.length > 0 ? findings : [fine("versions", `${masters} everywhere`)];
}

function nodeFindings(nodes: readonly unknown[]): Finding[] {
  if (nodes.length === 0)
    return [
      finding("nodes", "warning", "there is no node, so nothing can run", "Start one: podling worker --master URL"),
    ];
  const named = (holds: (node: unknown) => boolean) => nodes.filter(holds).map((node) => textField(node, "hostname"));
  const offline = named((node) => textField(node, "status") === "offline");
  const away = named((node) => textField(node, "engineError") !== "");
  const cordoned = named((node) => field(node, "schedulable") === false);
  const findings: Finding[] = [];
  if (offline.length > 0) {
    const fix = "Look at the worker there; podling node rm NODE forgets a machine that is gone";
    findings.push(finding("nodes", "warning", `offline: ${some(offline)}`, fix));
  }
  if (away.length > 0)
    findings.push(
      finding("nodes", "problem", `their engines do not answer: ${some(away)}`, "Run podling doctor there"),
    );
  if (cordoned.length > 0)
    findings.push(finding("nodes", "note", `cordoned: ${some(cordoned)}`, "podling node uncordon NODE opens it again"));
  return findings.length > 0 ? findings : [fine("nodes", `${nodes.length} online, their engines answer`)];
}

function some(words: readonly string[]): string {
  const more = words.length - namedAtMost;
  return more > 0 ? `${words.slice(0, namedAtMost).join(", ")} and ${more} more` : words.join(", ");
}
