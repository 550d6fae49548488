// The whole examination: asks engine and master, looks at the machine, and hands the answers to those who judge them.
// Everything is looked at at once, each look has its patience, and none needs another to succeed.

import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { operations } from "../../../../api/operations/operations.ts";
import type { Context } from "../../../command/context.ts";
import { Failure, RefusedError } from "../../../command/failure.ts";
import { isPodling, masterFindings } from "./cluster.ts";
import { clockFinding, diskFinding, engineAway, engineFindings } from "./engine.ts";
import { exposedContainers, exposedTasks, exposureFinding } from "./exposure.ts";
import { type Finding, field, finding, fine, looked, patienceMs, textField, within } from "./finding.ts";
import { folderFindings, ownFile } from "./folders.ts";
import { diskSpace, fileFacts, firewall, portState } from "./machine.ts";

export interface Examined {
  context: Context;
  engineHost: string;
  folders: { master: string; worker: string };
  workerPort: number;
}

/** In the order in which they are read, whatever answers first. */
export async function examine(examined: Examined): Promise<Finding[]> {
  const { context, folders } = examined;
  const { clock } = context.io;
  const looks: [check: string, look: () => Promise<Finding[]>][] = [];
  const master = askMaster(context);
  const engine = askEngine(examined);
  looks.push(["master", async () => judgeMaster(context, await master)]);
  looks.push(["engine", async () => judgeEngine(examined, await engine)]);
  looks.push(["exposed ports", async () => [await judgeExposure(await master, await engine)]]);
  looks.push(["ports", async () => judgePorts(examined, await master)]);
  for (const role of ["master", "worker"] as const) {
    const path = folders[role];
    looks.push([`${role}'s folder`, () => folderFindings({ role, path, lockHolder: context.roles.lockHolder })]);
  }
  looks.push(["disk", async () => diskFindings(examined, await engine)]);
  const findings = await Promise.all(looks.map(([check, look]) => looked(clock, check, look)));
  return findings.flat();
}

// ---- the master

interface MasterReport {
  url: string;
  /** Why there is no answer at all, and what helps. */
  away: { message: string; hint: string } | null;
  version: unknown;
  ready: { ok: boolean; message: string } | null;
  nodes: unknown[] | string | null;
  /** Null: refused, or no list. */
  tasks: unknown[] | null;
  /** How far its clock is from ours, and how sure that is. Null: it does not say. */
  clock: { offMs: number; uncertainMs: number } | null;
}

async function askMaster(context: Context): Promise<MasterReport> {
  const url = context.masterUrl();
  const report: MasterReport = { url, away: null, version: null, ready: null, nodes: null, tasks: null, clock: null };
  const { clock } = context.io;
  try {
    const sentAt = clock.now();
    const response = await within(clock, context.fetch("version", { timeoutMs: patienceMs }));
    report.clock = clockOf(response.headers.get("date"), sentAt, clock.now());
    report.version = await within(clock, context.json(response)).catch(() => null);
  } catch (error) {
    // A refusal is an answer, though not Podling's to this question: then it is something else that listens there.
    if (error instanceof RefusedError) return report;
    report.away = { message: (error as Error).message, hint: error instanceof Failure ? error.hint : "" };
    return report;
  }
  if (!isPodling(report.version)) return report;
  const [ready, nodes, tasks] = await Promise.all([
    ask(context, "ready"),
    ask(context, "listNodes"),
    ask(context, "listTasks", { status: "running" }),
  ]);
  report.ready = { ok: ready.refusal === null, message: ready.refusal ?? "" };
  report.nodes = nodes.refusal ?? (Array.isArray(nodes.answer) ? nodes.answer : null);
  report.tasks = Array.isArray(tasks.answer) ? tasks.answer : null;
  return report;
}

/** The answer, or in a sentence why there is none. */
async function ask(
  context: Context,
  id: "ready" | "listNodes" | "listTasks",
  query: Record<string, string> = {},
): Promise<{ answer: unknown; refusal: string | null }> {
  try {
    const given = operations[id].query ? { query: { ...query, limit: 10_000 } } : {};
    const outcome = await within(context.io.clock, context.try(id, { ...given, timeoutMs: patienceMs }));
    return outcome.ok ? { answer: outcome.value, refusal: null } : { answer: null, refusal: outcome.refusal.message };
  } catch (error) {
    return { answer: null, refusal: (error as Error).message };
  }
}

/** HTTP's Date is cut to the second: its middle is taken, and half a second is not known. */
function clockOf(date: string | null, sentAt: number, receivedAt: number): MasterReport["clock"] {
  const said = Date.parse(date ?? "");
  if (!Number.isFinite(said)) return null;
  return { offMs: said + 500 - (sentAt + receivedAt) / 2, uncertainMs: 500 + (receivedAt - sentAt) / 2 };
}

function judgeMaster({ io }: Context, { url, away, version, ready, nodes, clock }: MasterReport): Finding[] {
  if (away) return [finding("master", "problem", away.message, away.hint || "Start one with podling up")];
  const findings = masterFindings({ url, version, ready, nodes }, io.version.version);
  if (clock && isPodling(version))
    findings.push(clockFinding("clock", "the master's clock", clock.offMs, clock.uncertainMs));
  return findings;
}

// ---- the engine

interface EngineReport {
  host: string;
  away: string | null;
  version: unknown;
  info: unknown;
  containers: unknown;
  /** The middle of the time that GET /info took. */
  at: number;
  tookMs: number;
}

async function askEngine({ context, engineHost: host }: Examined): Promise<EngineReport> {
  const { io, roles } = context;
  const nothing = { away: null, version: null, info: null, containers: null };
  const report: EngineReport = { host, ...nothing, at: io.clock.now(), tookMs: 0 };
  try {
    await socketIsThere(host);
    const ask = (path: Parameters<typeof roles.askEngine>[1]) => within(io.clock, roles.askEngine(host, path));
    const sentAt = io.clock.now();
    const containers = ask("/containers/json").catch(() => null);
    const info = ask("/info").finally(() => {
      report.tookMs = io.clock.now() - sentAt;
      report.at = sentAt + report.tookMs / 2;
    });
    [report.version, report.info, report.containers] = await Promise.all([ask("/version"), info, containers]);
  } catch (error) {
    report.away = (error as Error).message;
  }
  return report;
}

/** What the connection itself would not tell apart. */
async function socketIsThere(host: string): Promise<void> {
  if (!host.startsWith("unix://")) return;
  const path = host.slice("unix://".length);
  const facts = await fileFacts(path);
  if (facts && !facts.exists) throw new Error(`there is no socket ${path}`);
  await access(path, constants.R_OK | constants.W_OK).catch(() => {
    throw new Error(`permission denied for ${path}`);
  });
}

async function judgeEngine({ folders }: Examined, report: EngineReport): Promise<Finding[]> {
  if (report.away === null) return engineFindings(report);
  // A machine that is only a master's needs none; a machine that is nothing yet may become anything.
  const [journal, identity] = await Promise.all([
    fileFacts(join(folders.master, ownFile.master)),
    fileFacts(join(folders.worker, ownFile.worker)),
  ]);
  const needed = identity?.exists === true || journal?.exists !== true;
  return [engineAway(report.host, report.away, needed)];
}

async function diskFindings({ folders }: Examined, engine: EngineReport): Promise<Finding[]> {
  const root = textField(engine.info, "DockerRootDir");
  const findings = [
    diskFinding(
      "disk",
      folders.master,
      await diskSpace(folders.master),
      "Free space: without it the master refuses every write",
    ),
  ];
  if (root === "") return findings;
  const fix = "podling prune and docker system prune free what is no longer used";
  const here = engine.host.startsWith("unix://") ? await diskSpace(root) : null;
  return [...findings, diskFinding("engine's disk", root, here, fix)];
}

// ---- ports

async function judgeExposure(master: MasterReport, engine: EngineReport): Promise<Finding> {
  if (master.tasks !== null) {
    const nodes = Array.isArray(master.nodes) ? master.nodes : [];
    const hostnames = new Map(nodes.map((node) => [textField(node, "nodeId"), textField(node, "hostname")]));
    return exposureFinding(exposedTasks(master.tasks, hostnames), "of the cluster", firewall());
  }
  if (engine.containers !== null)
    return exposureFinding(exposedContainers(engine.containers), "of this machine", firewall());
  return finding(
    "exposed ports",
    "note",
    "without a master or an engine that answers, published ports are not known",
    "Mend what is said above, and look again",
  );
}

async function judgePorts({ context, workerPort }: Examined, master: MasterReport): Promise<Finding[]> {
  const { protocol, hostname, port } = new URL(master.url);
  const findings: Finding[] = [];
  if (/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) {
    const number = Number(port) || (protocol === "https:" ? 443 : 80);
    findings.push(await portFinding(number, "the master", isPodling(master.version), "--port of the master"));
  }
  const worker = await isWorker(context, workerPort);
  findings.push(await portFinding(workerPort, "a worker", worker, "--port of the worker"));
  return findings;
}

async function portFinding(port: number, whose: string, isOurs: boolean, flag: string): Promise<Finding> {
  const check = `port ${port}`;
  if (isOurs) return fine(check, `${whose} listens there`);
  const state = await portState("127.0.0.1", port);
  if (state === "free") return fine(check, `free, for ${whose}`);
  if (state === "not-allowed")
    return finding(check, "warning", "this user may not listen there", `Choose one above 1023 with ${flag}`);
  if (state === "unknown") return finding(check, "note", "it cannot be told whether it is free", "Try to start there");
  return finding(
    check,
    "warning",
    `taken by another program, where ${whose} would listen`,
    `Choose another with ${flag}, or end that program: ss -ltnp sport = :${port} names it`,
  );
}

/** A worker tells anybody how it is. */
async function isWorker({ io }: Context, port: number): Promise<boolean> {
  try {
    const response = await within(io.clock, io.fetch(`http://127.0.0.1:${port}/health`, { method: "GET" }));
    const health = await within(io.clock, response.json());
    return textField(health, "status") !== "" && field(health, "nodeId") !== undefined;
  } catch {
    return false;
  }
}
