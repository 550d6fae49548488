// The master: listens, and passes requests to the current term. A term begins with a start or with a restored backup.

import { isLoopback } from "../api/access-control.ts";
import { listen } from "../api/server/listen.ts";
import type { Fetch } from "../api/server/shell.ts";
import { HttpCounters } from "./http/metrics.ts";
import { recoverTerm } from "./recovery.ts";
import { Term, type TermOptions } from "./term.ts";

export type MasterOptions = TermOptions;

export interface Master {
  /** Request -> Response, without a socket. Requests wait until the state is recovered. */
  fetch: Fetch;
  /** Resolves when the state is recovered; rejects, mostly with a JournalUnusable, if it cannot be. */
  ready: Promise<void>;
  /** Listens. Throws if the address is taken or not allowed. */
  listen(host: string, port: number): { url: string; port: number };
  /** Answers the requests that have come in, ends the streams, closes the journal. */
  stop(): Promise<void>;
}

export function startMaster(options: MasterOptions): Master {
  const counters = new HttpCounters();
  let server: ReturnType<typeof listen> | null = null;
  let term: Term | null = null;
  const begin = async (): Promise<Term> => {
    term = new Term(options, await recoverTerm(options), counters, beginNextTerm);
    return term;
  };
  // Between two terms requests wait, so that none sees a state that was replaced.
  const beginNextTerm = async (): Promise<void> => {
    term?.retire();
    term = null;
    starting = begin();
    starting.catch(options.onFatal); // no term is running: a restart recovers from the journal
    await (await starting).begun;
  };
  let starting = begin();
  const fetch: Fetch = (request, connection) =>
    term ? term.fetch(request, connection) : starting.then((next) => next.fetch(request, connection));
  const ready = starting.then(() => {});
  ready.catch(() => {}); // the caller may await it later
  return {
    fetch,
    ready,
    listen(host, port) {
      server = listen(fetch, host, port);
      return { url: `http://${host.includes(":") ? `[${host}]` : host}:${server.port}`, port: server.port ?? port };
    },
    async stop() {
      await starting.then(
        (last) => last.stop(),
        () => {},
      );
      await server?.stop(true);
      await options.journal.close();
    },
  };
}

/** Why the master may not listen on this address; null if it may. */
export function refusesAddress(host: string, token: string | null, insecure: boolean): string | null {
  if (isLoopback(host) || token !== null || insecure) return null;
  return `the API can run containers as root, and ${host} can be reached from other machines. Set a token with --token or PODLING_TOKEN, or use --insecure if every machine that can reach it may have full control`;
}
