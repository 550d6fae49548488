// A server on a unix socket that answers in the forms of published API descriptions. It holds no containers: it only answers.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as answers from "./answers.ts";

export class FakeEngine {
  readonly host: string;
  readonly published: answers.PublishedEngine;
  /** "GET /v1.47/info" for each request. */
  readonly asked: string[] = [];
  labels: Record<string, string> = {};
  pullFailure: string | null = null;
  hasImage = true;
  /** False as with `--bridge none`. */
  hasBridge = true;
  /** True when it has no containers, and its stream of events stays open (for ten seconds, as Bun ends quiet answers). */
  isIdle = false;
  readonly #folder: string;
  readonly #server: Bun.Server<undefined>;

  constructor(published: answers.PublishedEngine) {
    this.published = published;
    this.#folder = mkdtempSync(join(tmpdir(), "podling-engine-"));
    const unix = join(this.#folder, "docker.sock");
    this.host = `unix://${unix}`;
    this.#server = Bun.serve({ unix, fetch: (request) => this.#answer(request) });
  }

  async stop(): Promise<void> {
    await this.#server.stop(true);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #answer({ method, url }: Request): Response {
    const { pathname, searchParams } = new URL(url);
    this.asked.push(`${method} ${pathname}`);
    const { api, minApi, engine } = this.published;
    const headers = { "api-version": api, server: `Docker/${engine} (linux)` };
    if (pathname === "/_ping") return new Response("OK", { headers });
    if (pathname === "/version")
      return Response.json({ Version: engine, ApiVersion: api, MinAPIVersion: minApi }, { headers });
    const [, version, path] = pathname.match(/^\/v([\d.]+)(\/.*)$/) ?? ["", "", pathname];
    const minor = (text: string) => Number(text.split(".")[1]);
    if (minor(version!) < minor(minApi))
      return Response.json(answers.tooOld(version!, minApi), { status: 400, headers });
    return this.#versioned(method, path!, searchParams);
  }

  #versioned(method: string, path: string, query: URLSearchParams): Response {
    const { published, labels } = this;
    const missing = (what: string) => Response.json({ message: `No such ${what}` }, { status: 404 });
    switch (`${method} ${path}`) {
      case "GET /version":
        return Response.json({ Version: published.engine, ApiVersion: published.api, MinAPIVersion: published.minApi });
      case "GET /info":
        return Response.json(answers.info(published));
      case "GET /containers/json":
        return Response.json(this.isIdle ? [] : [answers.listed]);
      case `GET /containers/${answers.container}/json`:
        return Response.json(answers.inspected(published, labels));
      case "POST /containers/create":
        return this.hasImage
          ? Response.json({ Id: answers.container, Warnings: [] }, { status: 201 })
          : missing("image: nginx:1.27");
      case `GET /containers/${answers.container}/logs`: {
        const lines = ["one", "two", "three"];
        return new Response(answers.log(lines.slice(-Math.min(Number(query.get("tail")) || 3, 3))));
      }
      case "GET /images/json":
        return Response.json(this.hasImage ? answers.images(published) : []);
      case "GET /images/nginx%3A1.27/json":
      case `GET /images/${encodeURIComponent(answers.index)}/json`:
        return this.hasImage ? Response.json(answers.image(published)) : missing("image: nginx:1.27");
      case `DELETE /images/${encodeURIComponent(answers.index)}`:
        return Response.json(
          { message: "conflict: unable to delete: container is using its referenced image" },
          { status: 409 },
        );
      case "POST /images/create":
        this.hasImage = this.pullFailure === null;
        return new Response(answers.pull(published, this.pullFailure));
      case "GET /volumes":
        return Response.json({ Volumes: [{ Name: "data", Labels: null }], Warnings: null });
      case "GET /system/df":
        return Response.json(answers.usage(published, query.has("verbose")));
      case "GET /networks/bridge":
        return this.hasBridge
          ? Response.json(answers.bridge)
          : Response.json(answers.networkMissing("bridge"), { status: 404 });
      case "GET /events":
        if (this.isIdle) return new Response(new ReadableStream({ start: (to) => to.enqueue(Buffer.from("\n")) }));
        return new Response(`${JSON.stringify(answers.event(published, labels))}\n`);
      default:
        return missing(path);
    }
  }
}
