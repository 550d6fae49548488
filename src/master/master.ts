// The master: listens, and passes requests to the current term. A term begins with a start or with a restored backup.

import { isLoopback } from "../api/access-control.ts";
import { listen } from "../api/server/listen.ts";
import type { Fetch } from "../api/server/shell.ts";
import { HttpCounters } from "./http/metrics.ts";
import { Term, type TermOptions } from "./term.ts";

export type MasterOptions = TermOptions;

export interface Master {
  /** Request -> Response, without a socket. */
  fetch: Fetch;
  /** Listens. Throws if the address is taken or not allowed. */
  listen(host: string, port: number): { url: string; port: number };
  /** Answers the requests that have come in, ends the streams, closes the journal. */
  stop(): Promise<void>;
}

export function startMaster(options: MasterOptions): Master {
  const counters = new HttpCounters();
  let server: ReturnType<typeof listen> | null = null;
  // Synchronous: no request is handled between the two terms, so none sees a state that was replaced.
  const beginNextTerm = (): Promise<void> => {
    term.retire();
    try {
      term = new Term(options, counters, beginNextTerm);
    } catch (error) {
      options.onFatal(error); // no term is running: a restart recovers from the journal
      throw error;
    }
    return term.begun;
  };
  let term = new Term(options, counters, beginNextTerm);
  const fetch: Fetch = (request, connection) => term.fetch(request, connection);
  return {
    fetch,
    listen(host, port) {
      server = listen(fetch, host, port);
      return { url: `http://${host.includes(":") ? `[${host}]` : host}:${server.port}`, port: server.port ?? port };
    },
    async stop() {
      await term.stop();
      await server?.stop(true);
      options.journal.close();
    },
  };
}

/** Why the master may not listen on this address; null if it may. */
export function refusesAddress(host: string, token: string | null, insecure: boolean): string | null {
  if (isLoopback(host) || token !== null || insecure) return null;
  return `the API can run containers as root, and ${host} can be reached from other machines. Set a token with --token or PODLING_TOKEN, or use --insecure if every machine that can reach it may have full control`;
}
