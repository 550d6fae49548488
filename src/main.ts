// The composition root: the only file that names concrete adapters. Chooses the role from the command line and from the
// name of the executable; master and worker are loaded only if they are needed.

import { existsSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { basename, join, resolve } from "node:path";
import { writeError } from "./cli/command/failure.ts";
import type { EngineFacts, MasterSettings, RestoreSettings, Roles, WorkerSettings } from "./cli/command/roles.ts";
import { runCli } from "./cli/command/run-cli.ts";
import { systemIo } from "./cli/command/system-io.ts";
import type { Journal, JournalUnusable } from "./journal/journal.ts";
import { lockHolder } from "./journal/sqlite/lock-holder.ts";
import { systemClock } from "./lib/clock.ts";
import { type Log, lineLog } from "./lib/log.ts";
import { systemRandom } from "./lib/random.ts";
import { serverUrl } from "./lib/server-url.ts";
import type { MasterOptions } from "./master/master.ts";
import { journalName } from "./model/data-files.ts";

const version = {
  version: process.env.PODLING_BUILD_VERSION ?? "0.1.0-source",
  commit: process.env.PODLING_BUILD_COMMIT ?? "source",
  api: "v1" as const,
};

/** A role that runs until it is stopped. */
interface Running {
  stop(): Promise<void>;
}

/** Why a role cannot be started; the message is for the user. */
class StartError extends Error {
  override name = "StartError";
}

/** `beforeListening` may throw a StartError, for what else the start needs. */
async function startMaster(
  settings: MasterSettings,
  log: Log,
  beforeListening: () => void = () => {},
): Promise<Running & { url: string }> {
  const [
    { startMaster, refusesAddress },
    { openMemoryJournal },
    { openSqliteJournal },
    { JournalUnusable },
    { KeyFile },
  ] = await Promise.all([
    import("./master/master.ts"),
    import("./journal/memory/memory-journal.ts"),
    import("./journal/sqlite/sqlite-journal.ts"),
    import("./journal/journal.ts"),
    import("./keys/file/key-file.ts"),
  ]);
  const refusal = refusesAddress(settings.host, settings.token, settings.insecure);
  if (refusal) throw new StartError(refusal);
  const journal =
    settings.journal === "memory"
      ? openMemoryJournal()
      : await unlessUnusable(() => openSqliteJournal({ dataDir: resolve(settings.dataDir) }), JournalUnusable);
  const { retentionCount, retentionAgeMs, history, strategy, token, allowedHosts, allowedOrigins, massLossFraction } =
    settings;
  const options: MasterOptions = {
    journal,
    clock: systemClock,
    random: systemRandom,
    log,
    version,
    strategy,
    token,
    allowedHosts,
    allowedOrigins,
    massLossFraction,
    keys: new KeyFile(keyFiles(settings.keyFile)),
    history,
    retention: {
      ...(retentionCount === undefined ? {} : { count: retentionCount }),
      ...(retentionAgeMs === undefined ? {} : { ageMs: retentionAgeMs }),
    },
    onFatal: (error) => {
      if (error instanceof JournalUnusable) {
        log.error("the journal can no longer be used; exiting", { why: error.message, hint: error.hint });
        process.exit(1);
      }
      log.error("fatal: internal invariant failed; exiting (a restart recovers from the journal)", {
        why: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      process.exit(70);
    },
  };
  const master = startMaster(options);
  // Damage within the journal is found only when it is read.
  await unlessUnusable(() => master.ready, JournalUnusable);
  beforeListening();
  let url: string;
  try {
    ({ url } = listening(() => master.listen(settings.host, settings.port), settings, "--port"));
  } catch (error) {
    await master.stop(); // ends the journal regularly
    throw error;
  }
  log.info("the master listens", { url, journal: settings.journal, dataDir: settings.dataDir });
  return { url, stop: () => master.stop() };
}

/** In the order in which they are tried. */
function keyFiles(given: string | null): string[] {
  if (given !== null) return [resolve(given)];
  return ["/etc/podling/master.key", join(homedir(), ".config/podling/master.key")];
}

async function startWorker(
  settings: WorkerSettings,
  log: Log,
  portFlag = "--port",
): Promise<Running & { joined: Promise<void> }> {
  const [{ createWorker, refusesAddress }, { IdentityError }, { DockerRuntime }, { credentialsFrom }, { listen }] =
    await Promise.all([
      import("./worker/start-worker.ts"),
      import("./worker/data-dir/identity.ts"),
      import("./runtime/docker/docker-runtime.ts"),
      import("./runtime/docker/credentials.ts"),
      import("./api/server/listen.ts"),
    ]);
  const { host, port, token, insecure, drainOnExit } = settings;
  const refusal = refusesAddress(host, token, insecure);
  if (refusal) throw new StartError(refusal);
  const dockerHost = settings.dockerHost ?? process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock";
  const dockerConfig = join(process.env.DOCKER_CONFIG ?? join(homedir(), ".docker"), "config.json");
  const options = {
    ...settings,
    hostname: settings.hostname ?? hostname(),
    dataDir: resolve(settings.dataDir),
    secretsDir: settings.secretsDir === null ? null : resolve(settings.secretsDir),
    cpu: settings.cpus,
    labels: { ...settings.labels },
    version: version.version,
    runtime: starting(() => new DockerRuntime(dockerHost, credentialsFrom(dockerConfig, process.env)), TypeError),
    ...{ clock: systemClock, random: systemRandom, log },
  };
  const { worker, fetch } = starting(() => createWorker(options), IdentityError);
  const server = listening(() => listen(fetch, host, port), settings, portFlag);
  log.info("the worker listens", { url: serverUrl(host, server.port!), engine: dockerHost });
  return {
    joined: worker.start(),
    async stop() {
      if (drainOnExit) await worker.drain();
      else worker.stop();
      await server.stop(true);
    },
  };
}

async function unlessUnusable<T>(open: () => T | Promise<T>, unusable: typeof JournalUnusable): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof unusable) throw new StartError(`${error.message}. ${error.hint}`);
    throw error;
  }
}

function starting<T>(make: () => T, known: abstract new (...args: never[]) => Error): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof known) throw new StartError(error.message);
    throw error;
  }
}

function listening<T>(listen: () => T, { host, port }: { host: string; port: number }, flag: string): T {
  try {
    return listen();
  } catch (error) {
    if ((error as { code?: string }).code === "EADDRINUSE") {
      throw new StartError(
        `${host}:${port} is in use by another program. Choose another port with ${flag}, or stop that program`,
      );
    }
    throw new StartError(`cannot listen on ${host}:${port}: ${(error as Error).message}`);
  }
}

/** Throws a StartError if the port is taken. Nothing listens on it afterwards. */
function claimable(at: { host: string; port: number }, flag: string): void {
  if (at.port === 0) return;
  const socket = { data() {} };
  listening(() => Bun.listen({ hostname: at.host, port: at.port, exclusive: true, socket }), at, flag).stop(true);
}

function roleLog(role: string): Log {
  return lineLog(role, systemClock, (line) => process.stderr.write(line));
}

/** When a start, and what it reads of the executable, is over. */
const unmapAfterMs = 30_000;

async function unmapExecutable(): Promise<void> {
  await (await import("./cli/command/executable-pages.ts")).unmapExecutable();
}

/** Starts roles in order, waits for a signal, stops them in reverse order. A second signal exits at once. */
async function untilAsked(
  start: (running: Running[]) => Promise<void>,
  stopping: () => Promise<void> = async () => {},
): Promise<number> {
  const running: Running[] = [];
  // A failed invariant ends the process wherever it is found: a restart recovers, going on does not.
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      process.stderr.write(
        `fatal: internal invariant failed; exiting: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`,
      );
      process.exit(70);
    });
  }
  const asked = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      let again = false;
      process.on(signal, () => {
        if (again) process.exit(130);
        again = true;
        resolve();
      });
    }
  });
  const alive = setInterval(() => {}, 0x7fff_ffff); // timers of the roles never keep the process alive by themselves
  const started = setTimeout(unmapExecutable, unmapAfterMs);
  let code = 0;
  try {
    await start(running);
    await asked;
    await stopping();
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    await writeError(io.stderr, error.message, "");
    code = 1;
  } finally {
    for (const one of running.reverse()) await one.stop();
    clearInterval(alive);
    clearTimeout(started);
  }
  return code;
}

/** Restores into a data folder, whose lock keeps masters out meanwhile. A dry run creates no folder. */
async function restoreInto({ dataDir, dryRun, force }: RestoreSettings, backup: AsyncIterable<Uint8Array>) {
  const [{ restoreJournal }, { openMemoryJournal }, { openSqliteJournal }, { JournalUnusable }, { refuse }] =
    await Promise.all([
      import("./master/backup/restores.ts"),
      import("./journal/memory/memory-journal.ts"),
      import("./journal/sqlite/sqlite-journal.ts"),
      import("./journal/journal.ts"),
      import("./model/refusal.ts"),
    ]);
  const path = join(resolve(dataDir), journalName);
  let journal: Journal | null = null;
  try {
    journal = dryRun && !existsSync(path) ? openMemoryJournal() : openSqliteJournal({ path });
    return await restoreJournal({ journal, clock: systemClock }, backup, { dryRun, force });
  } catch (error) {
    if (!(error instanceof JournalUnusable)) throw error;
    const running = "Leave out --data-dir to restore into the running master, or stop it first.";
    return refuse("journal-unavailable", error.message, { hint: error.code === "locked" ? running : error.hint });
  } finally {
    await journal?.close();
  }
}

async function askEngine(dockerHost: string, path: string): Promise<unknown> {
  const { EngineHttp } = await import("./runtime/docker/engine-http.ts");
  const response = await new EngineHttp(dockerHost).call("GET", path);
  return response.json();
}

async function inspectEngine(dockerHost: string): Promise<EngineFacts> {
  const { DockerRuntime } = await import("./runtime/docker/docker-runtime.ts");
  const { fault = null, imageFolders = [] } = await new DockerRuntime(dockerHost).engine.info();
  return { fault, imageFolders };
}

const roles: Roles = {
  master: (settings) =>
    untilAsked(async (running) => {
      running.push(await startMaster(settings, roleLog("master")));
    }),
  worker: (settings) =>
    untilAsked(async (running) => {
      running.push(await startWorker(settings, roleLog("worker")));
    }),
  up: ({ master, worker }, screen) =>
    untilAsked(
      async (running) => {
        const log = (role: string) => screen?.log(role) ?? roleLog(role);
        const free = () => claimable(worker, "--worker-port");
        const started = await startMaster(master, log("master"), free);
        running.push(started);
        const { port } = new URL(started.url);
        const masterUrl = worker.masterUrl.replace(/:0$/, `:${port}`);
        const startedWorker = await startWorker({ ...worker, masterUrl }, log("worker"), "--worker-port");
        running.push(startedWorker);
        screen?.started(masterUrl, startedWorker.joined);
      },
      () => screen?.stopping() ?? Promise.resolve(),
    ),
  restore: restoreInto,
  askEngine,
  inspectEngine,
  lockHolder,
  simulator: async () => (await import("./sim/run/simulator.ts")).createSimulator(),
};

const io = systemIo(version);

/** podling-master and podling-worker are links to podling: the name of the executable is the role. */
const role = /^podling-(master|worker)/.exec(basename(process.argv0))?.[1];
const words = process.argv.slice(2);
process.exit(await runCli(role ? [role, ...words] : words, io, roles));
