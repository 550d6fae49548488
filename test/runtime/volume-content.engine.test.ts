// The files of volumes on a real engine: owners, modes, links and sizes come back from an archive as they were, a broken archive
// leaves no volume, and what a killed process left is removed.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { DEMO_IMAGE, ensureImage } from "../../scripts/demo-image.ts";
import { engineFetch, findEngine } from "../../scripts/ping-engine.ts";
import { TarCheck } from "../../src/lib/tar-check.ts";
import { DockerRuntime } from "../../src/runtime/docker/docker-runtime.ts";
import { until } from "../../tools/lab/until.ts";

const engine = await findEngine();
const host = "problem" in engine ? "" : engine.host;
const run = `volume-content-${process.pid}`;
const owner = `node-${run}`;
const { signal } = new AbortController();

if ("problem" in engine) {
  if (process.env.CI === "true") throw new Error(`files of volumes cannot be tested, and CI=true: ${engine.problem}`);
  process.stderr.write(`skipped: the files of volumes on an engine, because ${engine.problem}\n`);
  describe.skip("the files of volumes on an engine", () => test("are copied", () => {}));
} else {
  describe("the files of volumes on an engine", suite);
}

/** Runs a script in a container that mounts the volume at /d, and gives what it wrote. */
async function shell(volume: string, script: string): Promise<string> {
  const ask = async (method: string, path: string, body?: object) => {
    const init = body ? { body: JSON.stringify(body), headers: { "content-type": "application/json" } } : {};
    const answer = await engineFetch(host, path, { method, ...init });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const mounts = [{ Type: "volume", Source: volume, Target: "/d" }];
  const made = await ask("POST", "/containers/create", {
    ...{ Image: DEMO_IMAGE, Cmd: ["sh", "-c", script], Tty: true, HostConfig: { Mounts: mounts } },
  });
  const { Id } = (await made.json()) as { Id: string };
  try {
    await ask("POST", `/containers/${Id}/start`);
    const { StatusCode } = (await (await ask("POST", `/containers/${Id}/wait`)).json()) as { StatusCode: number };
    const text = await (await ask("GET", `/containers/${Id}/logs?stdout=1&stderr=1`)).text();
    if (StatusCode !== 0) throw new Error(`${script} ended with ${StatusCode}: ${text}`);
    return text.replaceAll("\r\n", "\n");
  } finally {
    await ask("DELETE", `/containers/${Id}?force=1`);
  }
}

/** A process that fills the volume with an archive that does not end. */
function fillWithoutEnd(volume: string): Bun.Subprocess {
  const module = JSON.stringify(join(import.meta.dir, "../../src/runtime/docker/docker-runtime.ts"));
  const words = [host, volume, owner].map((word) => JSON.stringify(word));
  const code = `const { DockerRuntime } = await import(${module});
    const [host, name, owner] = [${words}];
    const archive = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(512)) });
    await new DockerRuntime(host).volumes.fill(name, {}, owner, archive, new AbortController().signal);`;
  return Bun.spawn([process.execPath, "-e", code], { stdin: "ignore", stdout: "ignore", stderr: "inherit" });
}

async function helpers(): Promise<number> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`podling.volume-helper=${owner}`] }));
  return ((await (await engineFetch(host, `/containers/json?all=1&filters=${filters}`)).json()) as object[]).length;
}

function suite(): void {
  const { volumes } = new DockerRuntime(host);
  const names = ["from", "to", "broken"].map((name) => `${run}-${name}`);
  const [from, to, broken] = names as [string, string, string];
  const there = async (name: string) => (await volumes.list(false)).some((one) => one.name === name);

  beforeAll(() => ensureImage(host));
  afterAll(async () => {
    await volumes.removeHelpers(owner, null);
    for (const name of names) await volumes.remove(name);
  });

  const look = "cd /d && find . | sort | xargs ls -ldn | awk '{print $1,$2,$3,$4,$5,$NF}'; cat sub/a; wc -c < large";

  test("owners, modes, links and sizes are the same after a copy", async () => {
    const make =
      "mkdir /d/sub /d/empty; echo hello > /d/sub/a; ln /d/sub/a /d/hard; ln -s sub/a /d/soft; mkfifo /d/pipe;" +
      "dd if=/dev/zero of=/d/large bs=1048576 count=64 2>/dev/null; chown 12:34 /d/sub/a; chmod 640 /d/sub/a;" +
      "chmod 4755 /d/large; chown 70:70 /d; chmod 700 /d";
    await shell(from, make);
    const expected = await shell(from, look);
    expect(expected).toContain("drwx------");
    expect(expected).toContain("-rwsr-xr-x");
    await volumes.fill(to, { made: "by a test" }, owner, await volumes.archive(from, owner, signal), signal);
    expect(await shell(to, look)).toBe(expected);
    expect((await volumes.list(false)).find(({ name }) => name === to)?.labels).toEqual({ made: "by a test" });
    expect(await helpers()).toBe(0);
  }, 60_000);

  test("an archive is complete, and a reader that stops leaves nothing behind", async () => {
    const check = new TarCheck();
    for await (const piece of await volumes.archive(from, owner, signal)) check.push(piece);
    expect([check.endFault(), check.bytes > 64 * 1024 ** 2]).toEqual([null, true]);
    const stopped = (await volumes.archive(from, owner, signal)).getReader();
    await stopped.read();
    await stopped.cancel();
    expect(await helpers()).toBe(0);
  }, 60_000);

  test("a stream that fails in the middle leaves no volume and no container", async () => {
    const source = (await volumes.archive(from, owner, signal)).getReader();
    let pieces = 0;
    const cut = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { value } = await source.read();
          if (++pieces > 20) controller.error(new Error("the source is gone"));
          else controller.enqueue(value!);
        },
      },
      { highWaterMark: 0 },
    );
    const failure = await volumes.fill(broken, {}, owner, cut, signal).then(
      () => null,
      (error: Error) => error,
    );
    expect(failure).toBeInstanceOf(Error);
    await source.cancel();
    expect([await there(broken), await helpers()]).toEqual([false, 0]);
  }, 60_000);

  test("what a killed process left is removed, and the volume with its files stays", async () => {
    await (await volumes.archive(from, owner, signal)).getReader().read();
    expect(await helpers()).toBe(1);
    const next = new DockerRuntime(host).volumes;
    await next.removeHelpers(owner, to);
    expect(await helpers()).toBe(1);
    await next.removeHelpers(owner, from);
    expect(await helpers()).toBe(0);
    expect(await shell(from, "cat /d/sub/a")).toBe("hello\n");
  }, 60_000);

  test("a volume that a killed process has filled only in part is removed, too", async () => {
    const child = fillWithoutEnd(broken);
    await until("the helper of the fill", async () => (await helpers()) === 1);
    child.kill("SIGKILL");
    await child.exited;
    expect(await there(broken)).toBe(true);
    await volumes.removeHelpers(owner, broken);
    expect([await there(broken), await helpers()]).toEqual([false, 0]);
  }, 60_000);
}
