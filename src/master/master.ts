// The master: listens, and passes requests to the current term. A term begins with a start or with a restored backup.

import { listen } from "../api/server/listen.ts";
import type { Fetch } from "../api/server/shell.ts";
import { isLoopback } from "../lib/ip-address.ts";
import { serverUrl } from "../lib/server-url.ts";
import { HttpCounters } from "./http/metrics.ts";
import { recoverTerm } from "./recovery.ts";
import { type Successor, Term, type TermOptions } from "./term.ts";

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
  return new RunningMaster(options);
}

class RunningMaster implements Master, Successor {
  readonly #options: MasterOptions;
  readonly #counters = new HttpCounters();
  #server: ReturnType<typeof listen> | null = null;
  /** Null before the first term and between two: requests wait, so that none sees a state that was replaced. */
  #term: Term | null = null;
  /** The current term, or the next one. */
  #starting: Promise<Term>;
  readonly ready: Promise<void>;

  constructor(options: MasterOptions) {
    this.#options = options;
    this.#starting = this.#begin();
    this.ready = this.#starting.then(() => {});
    this.ready.catch(() => {}); // the caller may await it later
  }

  readonly fetch: Fetch = (request, connection) =>
    this.#term ? this.#term.fetch(request, connection) : this.#starting.then((next) => next.fetch(request, connection));

  async #begin(): Promise<Term> {
    this.#term = new Term(this.#options, await recoverTerm(this.#options), this.#counters, this);
    return this.#term;
  }

  async beginNextTerm(): Promise<void> {
    this.#term?.retire();
    this.#term = null;
    this.#starting = this.#begin();
    this.#starting.catch(this.#options.onFatal); // no term is running: a restart recovers from the journal
    await (await this.#starting).begun;
  }

  listen(host: string, port: number): { url: string; port: number } {
    this.#server = listen(this.fetch, host, port);
    const actual = this.#server.port ?? port;
    return { url: serverUrl(host, actual), port: actual };
  }

  async stop(): Promise<void> {
    // While one term stops, a restore that was replacing the log may begin the next.
    for (let starting: Promise<Term> | null = null; starting !== this.#starting; ) {
      starting = this.#starting;
      await starting.then(
        (term) => term.stop(),
        () => {},
      );
    }
    await this.#server?.stop(true);
    await this.#options.journal.close();
  }
}

/** Why the master may not listen on this address; null if it may. */
export function refusesAddress(host: string, token: string | null, insecure: boolean): string | null {
  if (isLoopback(host) || token !== null || insecure) return null;
  return `the API can run containers as root, and ${host} can be reached from other machines. Set a token with --token-file or PODLING_TOKEN, or use --insecure if every machine that can reach it may have full control`;
}
