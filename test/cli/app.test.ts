// podling apply, ls, down and app with a real master. The test acts as the worker: what is scheduled runs, but for images named bad
// or slow.

import { describe, expect, test } from "bun:test";
import type { AppRevision } from "../../src/model/app/app.ts";
import type { AppView } from "../../src/model/app/view.ts";
import { knownFeatures } from "../../src/model/task/needs.ts";
import { until } from "./harness.ts";
import { playedCluster } from "./playing-worker.ts";

const { ok, podling } = playedCluster({ features: knownFeatures });
let serial = 0;
const fresh = () => `shop${serial++}`;

/** A service that is steady soon after its replicas run. */
const service = (image: string, more = "") =>
  `{image: "${image}", restart: always, deploy: {update_config: {monitor: 0s}}, x-podling: {min_ready: 0s, drain: 0s}${more}}`;

/** A compose file. */
const file = (name: string, services: string, more = "") => ({
  "compose.yaml": `name: ${name}\nservices:\n  ${services}\n${more}`,
});
const web = (name: string, image = "app:1") =>
  file(
    name,
    `web: ${service(image, ", configs: [env]")}`,
    `configs: {env: {content: "MODE=live"}}\nvolumes: {data: {}}\n`,
  );

const inspect = async (name: string): Promise<AppView> => JSON.parse(await ok(`app inspect ${name}`));

describe("podling apply", () => {
  test("shows what will be done, applies it, waits until it is ready, and prints the app", async () => {
    const name = fresh();
    const { code, out, err } = await podling("apply -y", { files: web(name) });
    expect({ code, out }).toEqual({ code: 0, out: `${name}\n` });
    expect(err).toStartWith(
      `${name}: a new app\n  create service ${name}_web\n  create volume ${name}_data\n  create config ${name}_env\n`,
    );
    expect(err).toContain(`${name}: revision 1, 1/1 services are ready, after `);
    expect(await inspect(name)).toMatchObject({ reason: { code: "steady" }, services: [{ ready: 1, wanted: 1 }] });
  });

  test("again: nothing changes, and nothing is asked", async () => {
    const name = fresh();
    await ok("apply -y", { files: web(name) });
    const { code, out, err } = await podling("apply", { files: web(name) });
    expect({ code, out }).toEqual({ code: 0, out: `${name}\n` });
    expect(err).toStartWith(`${name}: revision 1\n  3 members unchanged\n`);
    expect((await inspect(name)).revision).toBe(1);
  });

  test("an app without services, and a volume that was there, become what the file says", async () => {
    const name = fresh();
    await ok(`volume create ${name}_data`);
    const files = file(name, `off: {image: "app:1", profiles: [x]}`, "volumes: {data: {}}\n");
    const { code, err } = await podling("apply -y", { files });
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining(`${name}: revision 1, no services`) });
    expect(await inspect(name)).toMatchObject({ revision: 1, members: { services: [], volumes: [`${name}_data`] } });
  });

  test("the digest of the source says nothing about secrets", async () => {
    const name = fresh();
    const files = file(name, `web: ${service("app:1", ", secrets: [pin]")}`, "secrets: {pin: {environment: PIN}}\n");
    const digests: unknown[] = [];
    for (const PIN of ["1111", "2222"]) {
      await ok("apply -y -d", { files, env: { PIN } });
      const { revision } = await inspect(name);
      const { source } = JSON.parse(await ok(`app inspect ${name} --revision ${revision}`)) as AppRevision;
      digests.push(source?.digest);
    }
    expect(digests[0]).toBe(digests[1]);
    expect((await inspect(name)).revision).toBe(2);
  });

  test("asks on a terminal; no and an empty line change nothing", async () => {
    const name = fresh();
    for (const typed of [["n"], [""], []]) {
      const { code, out, err } = await podling("apply", { files: web(name), terminal: 80, typed });
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toContain(`Apply this to ${name}? [y/N] nothing was changed`);
    }
    expect((await podling(`app inspect ${name}`)).code).toBe(1);
    expect((await podling("apply -d", { files: web(name), terminal: 80, typed: ["y"] })).code).toBe(0);
    expect((await inspect(name)).revision).toBe(1);
  });

  test("without a terminal, or with the file from stdin, needs -y", async () => {
    const name = fresh();
    const piped = await podling("apply", { files: web(name) });
    expect([piped.code, piped.err]).toEqual([64, expect.stringContaining("Confirm with podling apply -y")]);
    const [text] = Object.values(web(name));
    const asked = { typed: text!.split("\n"), files: { "-": text! } };
    const fromStdin = await podling("apply -f -", { ...asked, terminal: 80 });
    expect([fromStdin.code, fromStdin.err]).toEqual([64, expect.stringContaining("stdin was the file")]);
    expect((await podling(`app inspect ${name}`)).code).toBe(1);
    expect((await podling("apply -f - -y", asked)).code).toBe(0);
  });

  test("--app names it, --note is kept, -o json prints the app", async () => {
    const name = fresh();
    const words = ["apply", "--app", name, "--note", "first one", "-y", "-o", "json"];
    const printed = await ok(words, { files: web("other") });
    expect(JSON.parse(printed)).toMatchObject({ name, services: [{ name: `${name}_web` }] });
    const [revision] = JSON.parse(await ok(`app history ${name} -o json`)) as AppRevision[];
    expect(revision).toMatchObject({ note: "first one", source: { files: ["compose.yaml"] } });
  });

  test("what is gone from the files is removed, and volumes stay", async () => {
    const name = fresh();
    await ok("apply -y -d", { files: web(name) });
    const { code, err } = await podling("apply -y", { files: file(name, `db: ${service("db:1")}`) });
    expect(code).toBe(0);
    for (const line of [
      `remove service ${name}_web`,
      `create service ${name}_db`,
      `keep volume ${name}_data, which has data`,
    ])
      expect(err).toContain(`  ${line}\n`);
  });

  test("keys that are refused, and with --strict those that are ignored, send nothing", async () => {
    const name = fresh();
    const ignored = file(name, `web: {image: "a:1", annotations: {a: b}}`);
    const strict = await podling("apply -y --strict", { files: ignored });
    expect([strict.code, strict.err]).toEqual([1, expect.stringContaining("ignored or refused, so nothing was sent")]);
    expect(strict.err).toContain("compose.yaml:3:23: ignored: services.web.annotations");
    const wrong = await podling("apply -y", { files: file(name, `web: {imag: "a:1"}`) });
    expect([wrong.code, wrong.out]).toEqual([1, ""]);
    expect((await podling(`app inspect ${name}`)).code).toBe(1);
  });

  test("a member that is refused changes nothing, and the sentence names it", async () => {
    const name = fresh();
    await ok(`service create ${name}_web --image other:1 -d`);
    const { code, err } = await podling("apply -y", { files: web(name) });
    expect(code).toBe(1);
    expect(err).toContain(`services ${name}_web: there is a service ${name}_web that is not part of the app ${name}`);
    expect((await podling(`config inspect ${name}_env`)).code).toBe(1);
  });

  test("a service that fails: 1, with the way back", async () => {
    const name = fresh();
    await ok("apply -y", { files: web(name) });
    const { code, out, err } = await podling("apply -y", { files: web(name, "bad:1") });
    expect({ code, out }).toEqual({ code: 1, out: `${name}\n` });
    expect(err).toContain(`error: ${name} is failing: ${name}_web: `);
    expect(err).toContain(`podling app rollback ${name}`);
  });

  test("--timeout ends with 2 and says how far it is", async () => {
    const name = fresh();
    const { code, err } = await podling("apply -y --timeout 400ms", { files: web(name, "slow:1") });
    expect(code).toBe(2);
    expect(err).toContain(`${name} is not yet steady after `);
    expect(err).toContain("0/1 services are ready");
    expect(err).toContain(`${name}_web: 0/1 ready, `);
  });

  test("another client in between: 3, and who it was", async () => {
    const name = fresh();
    let done = false;
    const between: typeof fetch = Object.assign(
      async (url: string, init: RequestInit) => {
        const isDryRun = url.includes("dryRun");
        const response = await fetch(url, init);
        if (isDryRun && !done) {
          done = true;
          await ok("apply -y -d", { files: web(name, "app:2") });
        }
        return response;
      },
      { preconnect: fetch.preconnect },
    ) as never;
    const { code, err } = await podling("apply -y", { files: web(name), fetch: between as never });
    expect(code).toBe(3);
    expect(err).toContain(`applied revision 1 of the app ${name} at `);
  });
});

describe("podling ls", () => {
  test("shows each app in 80 columns", async () => {
    const name = fresh();
    const jobs = 'web: {image: "app:1", deploy: {mode: replicated-job}}';
    await ok("apply -y", { files: web(name) });
    await ok("apply -y -d", { files: file(`${name}b`, jobs) });
    const listed = await ok("ls --no-color", { terminal: 80 });
    const [head, ...rows] = listed.trimEnd().split("\n");
    expect(head).toMatch(/^NAME +SERVICES +JOBS +REVISION +STATUS +UPDATED$/);
    expect(rows.find((row) => row.startsWith(`${name} `))).toMatch(/ 1\/1 +- +1 +steady +\d+s ago$/);
    expect(rows.find((row) => row.startsWith(`${name}b`))).toMatch(/ - +0\/1 +1 +steady +\d+s ago$/);
    expect(Math.max(...listed.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect((await ok("ls -q")).split("\n")).toContain(name);
    expect(JSON.parse(await ok("app ls -o json"))).toContainEqual(expect.objectContaining({ name }));
  });
});

describe("podling app", () => {
  test("history lists revisions, inspect --revision shows one, rollback goes back", async () => {
    const name = fresh();
    await ok("apply -y", { files: web(name) });
    await ok("apply -y", { files: web(name, "app:2") });
    expect(await ok(`app history ${name}`)).toMatch(/REVISION .*\n1 .*\n2 \(newest\) .*\n/);
    const first = JSON.parse(await ok(`app inspect ${name} --revision 1`)) as AppRevision;
    expect(first).toMatchObject({ number: 1, services: [{ image: "app:1" }], configs: [{ version: 1 }] });
    expect((await podling(`app inspect ${name} --revision 9`)).err).toContain("Its revisions: 1, 2");
    const { code, out, err } = await podling(`app rollback ${name}`);
    expect({ code, out }).toEqual({ code: 0, out: `${name}\n` });
    expect(err).toStartWith(`  update service ${name}_web\n`);
    const last = JSON.parse(await ok(`app history ${name} -o json`)).at(-1) as AppRevision;
    expect(last).toMatchObject({ number: 3, note: "back to revision 1", services: [{ image: "app:1" }] });
  });

  test("of no app: 1, and where to look", async () => {
    for (const line of ["app inspect none", "app history none", "app rollback none", "down none -y"]) {
      const { code, err } = await podling(line);
      expect([code, err]).toEqual([1, 'error: there is no app "none". List the apps with: podling ls\n']);
    }
  });
});

describe("podling down", () => {
  test("asks, removes all but volumes, and says what stays", async () => {
    const name = fresh();
    await ok("apply -y", { files: web(name) });
    const no = await podling(`down ${name}`, { terminal: 80, typed: ["n"] });
    expect([no.code, no.err]).toEqual([
      1,
      `Remove ${name}, with 1 service and 1 config? [y/N] nothing was changed\n`.replace(" and ", ", "),
    ]);
    const { code, out, err } = await podling(`down ${name} -y`);
    expect({ code, out, err }).toEqual({ code: 0, out: `${name}\n`, err: "1 volume stays: podling volume ls\n" });
    expect((await podling(`app inspect ${name}`)).code).toBe(1);
    expect((await podling(`volume inspect ${name}_data`)).code).toBe(0);
    await until(async () => !(await ok("ps -o name")).includes(`${name}_web`));
  });

  test("--volumes removes those that have no data yet", async () => {
    const name = fresh();
    await ok("apply -y", { files: web(name) });
    const { code, err } = await podling(`down ${name} --volumes -y`);
    expect([code, err]).toEqual([0, `volume ${name}_data: removed; it had no data\n`]);
    expect((await podling(`volume inspect ${name}_data`)).code).toBe(1);
  });
});

describe("podling export", () => {
  const uses = ", configs: [{source: env, target: /etc/env}], secrets: [key], depends_on: [db], volumes: [data:/d]";
  const whole = (name: string) =>
    file(
      name,
      `web: ${service("app:1", uses)}
  db: {image: "db:1", deploy: {replicas: 2}, healthcheck: {test: exit 0, interval: 3s}}
  once: {image: "once:1", deploy: {mode: replicated-job}}`,
      `configs: {env: {content: "MODE=$$live"}}
secrets: {key: {environment: KEY}}
volumes: {data: {x-podling: {writers: many}}}
`,
    );

  test("of an app of the cluster: applied again, it changes nothing", async () => {
    const name = fresh();
    const env = { KEY: "hidden" };
    await ok("apply -y -d", { files: whole(name), env });
    const { code, out, err } = await podling(`export ${name}`);
    expect(code).toBe(0);
    expect(out).not.toContain("hidden");
    expect(err).toContain(`The content of the secret ${name}_key is not exported: set the variable KEY to it.`);
    const again = await podling("apply -d", { files: { "compose.yaml": out }, env });
    expect(again.code).toBe(0);
    expect(again.err).toContain(`${name}: revision 1\n  6 members unchanged\n`);
    expect((await inspect(name)).revision).toBe(1);
  });

  test("for Kubernetes, and flags that do not fit an app of the cluster", async () => {
    const name = fresh();
    await ok("apply -y -d", { files: web(name) });
    expect((await podling(`export ${name} --kubernetes`)).out).toContain("kind: Deployment");
    expect((await podling(`export ${name} -f compose.yaml`)).err).toContain("--file is for compose files");
    expect((await podling(`export ${name} --secrets`)).err).toContain("the master shows no contents of secrets");
    expect((await podling("export nothere")).code).toBe(1);
  });
});
