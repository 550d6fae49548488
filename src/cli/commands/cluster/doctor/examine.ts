// Runs all checks of doctor at the same time: queries engine and master, inspects the machine, and turns the answers into
// findings. Each check has a time limit, and none depends on the success of another.

import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { operations } from "../../../../api/operations/operations.ts";
import { type ClockOffset, clockOffset } from "../../../command/clock-offset.ts";
import type { Context } from "../../../command/context.ts";
import { Failure, RefusedError } from "../../../command/failure.ts";
import { isHere } from "../../../command/own-machine.ts";
import { isPodling, masterFindings } from "./cluster.ts";
import { dependencyFinding } from "./dependencies.ts";
import { clockFinding, diskFinding, engineAway, engineFindings } from "./engine.ts";
import { engineDiskFindings } from "./engine-disk.ts";
import { exposedContainers, exposedTasks, exposureFinding } from "./exposure.ts";
import { failureFinding, restartFinding } from "./failures.ts";
import { type Finding, field, finding, fine, patienceMs, runCheck, textField, within } from "./finding.ts";
import { folderFindings, lockedFile, ownFile } from "./folders.ts";
import { diskSpace, fileFacts, firewall, portState } from "./machine.ts";
import { listenerOf } from "./processes.ts";
import { sealingFindings } from "./sealing.ts";

export interface Examined {
  context: Context;
  /** Null: the engine of the worker that runs here, or else the usual socket. */
  engineHost: string | null;
  folders: { master: string; worker: string };
  /** True when the folders were given, and are not those of the processes that run here. */
  foldersGiven: boolean;
  /** Null: the ports of the nodes on this machine, or else the usual port. */
  workerPort: number | null;
}

/** The same with what runs on this machine. */
interface Local extends Examined {
  engineHost: string;
  workerPorts: readonly number[];
}

const usualWorkerPort = 8081;
const usualEngine = "unix:///var/run/docker.sock";

/** Replaces what was not given by what the processes on this machine have. */
function local(examined: Examined, master: MasterReport): Local {
  const given = examined.workerPort;
  const ports = given === null ? localPorts(master, examined.context.io.ownAddresses()) : [given];
  const workerPorts = ports.length > 0 ? ports : [usualWorkerPort];
  const worker = workerPorts.map((port) => listenerOf(port)).find((one) => one?.folderOf(lockedFile.worker) != null);
  const masterPort = localPort(master.url);
  const own = masterPort === null || examined.foldersGiven ? null : listenerOf(masterPort);
  const folders = examined.foldersGiven
    ? examined.folders
    : {
        master: own?.folderOf(lockedFile.master) ?? examined.folders.master,
        worker: worker?.folderOf(lockedFile.worker) ?? examined.folders.worker,
      };
  const engineHost = examined.engineHost ?? worker?.dockerHost ?? usualEngine;
  return { ...examined, folders, workerPorts, engineHost };
}

/** The ports of the online nodes on this machine. */
function localPorts({ nodes, url }: MasterReport, own: readonly string[]): number[] {
  if (!Array.isArray(nodes)) return [];
  return nodes
    .filter((node) => textField(node, "status") === "online" && isHere(textField(node, "address"), url, own))
    .map((node) => Number(field(node, "port")))
    .filter((port) => Number.isInteger(port) && port > 1);
}

/** The port of a master on this machine; null if it is on another one. */
function localPort(url: string): number | null {
  const { protocol, hostname, port } = new URL(url);
  if (!/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) return null;
  return Number(port) || (protocol === "https:" ? 443 : 80);
}

/** In a fixed order, independent of which check ends first. */
export async function examine(examined: Examined): Promise<Finding[]> {
  const { context } = examined;
  const { clock } = context.io;
  const checks: [check: string, run: () => Promise<Finding[]>][] = [];
  const master = askMaster(context);
  const here = master.then((report) => local(examined, report));
  const engine = here.then(askEngine);
  checks.push(["master", async () => evaluateMaster(context, await master)]);
  checks.push(["key of secrets", async () => evaluateKey(await master)]);
  checks.push(["failed tasks", async () => evaluateFailures(context, await master)]);
  checks.push(["engine", async () => evaluateEngine(await here, await engine)]);
  checks.push(["exposed ports", async () => [await evaluateExposure(await master, await engine)]]);
  checks.push(["ports", async () => evaluatePorts(await here, await master)]);
  for (const role of ["master", "worker"] as const) {
    const { lockHolder } = context.roles;
    checks.push([
      `${role}'s folder`,
      async () => folderFindings({ role, path: (await here).folders[role], lockHolder }),
    ]);
  }
  checks.push(["disk", async () => diskFindings(await here, await engine)]);
  const findings = await Promise.all(checks.map(([check, run]) => runCheck(clock, check, run)));
  return findings.flat();
}

// ---- the master

interface MasterReport {
  url: string;
  /** Why there is no answer, and what to do. Null if there is one. */
  away: { message: string; hint: string } | null;
  version: unknown;
  ready: { ok: boolean; message: string } | null;
  nodes: unknown[] | string | null;
  /** Null if the list was refused or malformed. */
  tasks: unknown[] | null;
  failed: unknown;
  pending: unknown;
  /** Null if the master does not know of keys. */
  key: unknown;
  /** The difference to the clock of this machine, and its uncertainty. Null if the response has no date. */
  clock: ClockOffset | null;
}

async function askMaster(context: Context): Promise<MasterReport> {
  const { url } = await context.target();
  const report: MasterReport = {
    url,
    away: null,
    version: null,
    ready: null,
    nodes: null,
    tasks: null,
    failed: null,
    pending: null,
    key: null,
    clock: null,
  };
  const { clock } = context.io;
  try {
    const sentAt = clock.now();
    const response = await within(clock, context.fetch("version", { timeoutMs: patienceMs }));
    report.clock = clockOffset(response.headers.get("date"), sentAt, clock.now());
    report.version = await within(clock, context.json(response)).catch(() => null);
  } catch (error) {
    // Podling never refuses this request, so another program listens there.
    if (error instanceof RefusedError) return report;
    report.away = { message: (error as Error).message, hint: error instanceof Failure ? error.hint : "" };
    return report;
  }
  if (!isPodling(report.version)) return report;
  const [ready, nodes, tasks, failed, pending, key] = await Promise.all([
    ask(context, "ready"),
    ask(context, "listNodes"),
    ask(context, "listTasks", { status: "running" }),
    ask(context, "listTasks", { status: "failed" }),
    ask(context, "listTasks", { status: "pending" }),
    ask(context, "keyReport"),
  ]);
  report.ready = { ok: ready.refusal === null, message: ready.refusal ?? "" };
  report.nodes = nodes.refusal ?? (Array.isArray(nodes.answer) ? nodes.answer : null);
  report.tasks = Array.isArray(tasks.answer) ? tasks.answer : null;
  report.failed = failed.answer;
  report.pending = pending.answer;
  report.key = key.answer;
  return report;
}

/** The answer, or a sentence that says why there is none. */
async function ask(
  context: Context,
  id: "ready" | "listNodes" | "listTasks" | "keyReport",
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

function evaluateMaster({ io }: Context, { url, away, version, ready, nodes, clock }: MasterReport): Finding[] {
  if (away) return [finding("master", "problem", away.message, away.hint || "Start a master with podling up")];
  const findings = masterFindings({ url, version, ready, nodes }, io.version.version);
  if (clock && isPodling(version))
    findings.push(clockFinding("clock", "the master's clock", clock.offMs, clock.uncertainMs));
  return findings;
}

function evaluateKey({ key, nodes }: MasterReport): Finding[] {
  return sealingFindings(key, nodes);
}

function evaluateFailures(context: Context, { failed, tasks, pending }: MasterReport): Finding[] {
  const now = context.masterNow();
  return [failureFinding(failed, now), restartFinding(tasks, now), dependencyFinding(pending)].filter(
    (found) => found !== null,
  );
}

// ---- the engine

interface EngineReport {
  host: string;
  away: string | null;
  version: unknown;
  info: unknown;
  containers: unknown;
  /** Why it starts no container although it answers. Null if nothing is known. */
  fault: string | null;
  /** The folders that may hold its images, the most likely first. */
  imageFolders: readonly string[];
  /** The middle of the time that GET /info took. */
  at: number;
  tookMs: number;
}

async function askEngine({ context, engineHost: host }: Local): Promise<EngineReport> {
  const { io, roles } = context;
  const nothing = { away: null, version: null, info: null, containers: null, fault: null, imageFolders: [] };
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
    const inspected = within(io.clock, roles.inspectEngine(host)).catch(() => null);
    [report.version, report.info, report.containers] = await Promise.all([ask("/version"), info, containers]);
    Object.assign(report, await inspected);
  } catch (error) {
    report.away = (error as Error).message;
  }
  return report;
}

/** Distinguishes a missing socket from one without permission, which a connection attempt does not. */
async function socketIsThere(host: string): Promise<void> {
  if (!host.startsWith("unix://")) return;
  const path = host.slice("unix://".length);
  const facts = await fileFacts(path);
  if (facts && !facts.exists) throw new Error(`the socket ${path} does not exist`);
  await access(path, constants.R_OK | constants.W_OK).catch(() => {
    throw new Error(`permission denied for ${path}`);
  });
}

async function evaluateEngine({ folders }: Local, report: EngineReport): Promise<Finding[]> {
  if (report.away === null) return engineFindings(report);
  // A machine with a journal but no worker identity is a master only, and needs no engine.
  const [journal, identity] = await Promise.all([
    fileFacts(join(folders.master, ownFile.master)),
    fileFacts(join(folders.worker, ownFile.worker)),
  ]);
  const needed = identity?.exists === true || journal?.exists !== true;
  return [engineAway(report.away, needed)];
}

async function diskFindings({ folders }: Local, engine: EngineReport): Promise<Finding[]> {
  const fix = "Free disk space; the master refuses writes when the disk is full";
  const own = diskFinding("disk", folders.master, await diskSpace(folders.master), fix);
  const { host, info, imageFolders } = engine;
  const root = textField(info, "DockerRootDir");
  return root === "" ? [own] : [own, ...(await engineDiskFindings({ host, root, imageFolders }))];
}

// ---- ports

async function evaluateExposure(master: MasterReport, engine: EngineReport): Promise<Finding> {
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
    "published ports are not known without a master or an engine",
    "Fix the problems above, then run podling doctor again",
  );
}

async function evaluatePorts({ context, workerPorts }: Local, master: MasterReport): Promise<Finding[]> {
  const findings: Finding[] = [];
  const masterPort = localPort(master.url);
  if (masterPort !== null)
    findings.push(await portFinding(masterPort, "the master", isPodling(master.version), "--port of the master"));
  for (const port of workerPorts) {
    const isOurs = await isWorker(context, port);
    findings.push(await portFinding(port, "a worker", isOurs, "--port of podling worker, --worker-port of podling up"));
  }
  return findings;
}

async function portFinding(port: number, whose: string, isOurs: boolean, flag: string): Promise<Finding> {
  const check = `port ${port}`;
  if (isOurs) return fine(check, `used by ${whose}`);
  const state = await portState("127.0.0.1", port);
  if (state === "free") return fine(check, `free for ${whose}`);
  if (state === "not-allowed")
    return finding(check, "warning", "this user may not listen on it", `Choose a port above 1023 with ${flag}`);
  if (state === "unknown") return finding(check, "note", "cannot check whether it is free", "Try to start on it");
  return finding(
    check,
    "warning",
    `used by another program, so ${whose} cannot listen on it`,
    `Choose another port with ${flag}, or stop that program; ss -ltnp sport = :${port} shows it`,
  );
}

/** True when a worker listens on the port: its /health needs no token. */
async function isWorker({ io }: Context, port: number): Promise<boolean> {
  try {
    const response = await within(io.clock, io.fetch(`http://127.0.0.1:${port}/health`, { method: "GET" }));
    const health = await within(io.clock, response.json());
    return textField(health, "status") !== "" && field(health, "nodeId") !== undefined;
  } catch {
    return false;
  }
}
