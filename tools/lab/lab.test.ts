// Tests of the lab itself: engines, hosts, registry, disks and faults do what other tests assume.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeLab } from "./available.ts";
import { readLive } from "./claim.ts";
import { Lab } from "./lab.ts";
import { until } from "./until.ts";

type Created = { Id: string };
type Ports = { NetworkSettings: { Ports: Record<string, { HostPort: string }[]> } };

describeLab("the lab", () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start();
  });

  afterAll(async () => {
    await lab?.down();
  });

  test("runs a web server on this machine's lab engine, reachable over loopback", async () => {
    const engine = await lab.engine();
    const image = await engine.image();
    const { Id } = await engine.json<Created>("/containers/create", "POST", {
      Image: image,
      Cmd: ["httpd", "-f", "-p", "80", "-h", "/www"],
      ExposedPorts: { "80/tcp": {} },
      HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] } },
    });
    await engine.json(`/containers/${Id}/start`, "POST");
    const { NetworkSettings } = await engine.json<Ports>(`/containers/${Id}/json`);
    const port = NetworkSettings.Ports["80/tcp"]?.[0]?.HostPort;
    const page = await until("the page", async () => (await fetch(`http://127.0.0.1:${port}/`)).text());
    expect(page).toContain("Podling");
    await engine.removeContainers();
    expect(await engine.containers()).toEqual([]);
  });

  test("two hosts have an engine and an address each, and can be cut off", async () => {
    const [n1, n2] = await Promise.all([lab.host("n1"), lab.host("n2")]);
    n1.spawn("page", ["busybox", "httpd", "-f", "-p", `${n1.address}:8000`, "-h", lab.folder("www")]);
    // A 404 is an answer, too: it shows that the hosts reach each other.
    const ask = async () => (await n2.get(`http://${n1.address}:8000/missing`, 500)).status;
    expect(await until("n2 to reach n1", ask)).toBe(404);
    await n1.cut();
    await expect(ask()).rejects.toThrow();
    await n1.reconnect();
    expect(await until("n2 to reach n1 again", ask)).toBe(404);

    const image = await n1.engine.image();
    const { Id } = await n1.engine.json<Created>("/containers/create", "POST", {
      Image: image,
      Cmd: ["sleep", "600"],
      // An engine that starts after a crash stops the running containers, and waits this long for them.
      StopTimeout: 1,
    });
    await n1.engine.json(`/containers/${Id}/start`, "POST");
    await n1.engine.kill();
    expect(n1.engine.fetch("/_ping")).rejects.toThrow();
    expect(n1.engine.orphans()).toEqual([Id]);
    expect(n1.engine.recordsAsRunning(Id)).toBe(true);
    await n1.engine.start();
    // It ended the container, as one that is running when the engine crashes.
    await until("the end to be recorded", () => !n1.engine.recordsAsRunning(Id));
    expect(n1.engine.recordsAsRunning("0".repeat(64))).toBe(false);
    expect((await n1.engine.containers()).map((container) => container.Id)).toEqual([Id]);
    expect(await n2.engine.containers()).toEqual([]);

    const registry = await lab.registry();
    const name = await registry.push(n1.engine, image, "web:1");
    const pulled = await n2.engine.fetch(`/images/create?fromImage=${name}`, { method: "POST" });
    expect(await pulled.text()).toContain("Downloaded newer image");
    const closed = await lab.registry({ user: "someone", password: "secret" });
    const guarded = await closed.push(n1.engine, image, "web:1");
    expect((await n2.engine.fetch(`/images/create?fromImage=${guarded}`, { method: "POST" })).ok).toBe(false);
  });

  test("a small disk fills, frees and turns read-only", async () => {
    const disk = await lab.tinyDisk(1024 * 1024);
    const file = join(disk.path, "file");
    disk.fill();
    expect(() => writeFileSync(file, "x".repeat(8192))).toThrow("ENOSPC");
    disk.free();
    writeFileSync(file, "fits");
    await disk.readOnly(true);
    expect(() => writeFileSync(file, "more")).toThrow("EROFS");
    await disk.readOnly(false);
    writeFileSync(file, "more");
    expect(readFileSync(file, "utf8")).toBe("more");
  });

  test("a lab whose test process was killed is removed by the next one", async () => {
    const script = `
      import { Lab } from "${import.meta.dir}/lab.ts";
      const lab = await Lab.start();
      const engine = await lab.engine();
      const image = await engine.image();
      const { Id } = await engine.json("/containers/create", "POST", { Image: image, Cmd: ["sleep", "600"] });
      await engine.json("/containers/" + Id + "/start", "POST");
      process.stdout.write(JSON.stringify({ folder: lab.claim.folder, engine: engine.pid }) + "\\n");
      await Bun.sleep(600_000);
    `;
    const doomed = lab.spawn("doomed", [process.execPath, "-e", script]);
    const [line] = await doomed.printed(/\{"folder".*\}/, 30_000);
    const { folder, engine } = JSON.parse(line) as { folder: string; engine: number };
    await doomed.kill("SIGKILL");
    await until("the kernel to end the engine with its owner", () => readLive(join(folder, "pids", "engine")) === null);
    expect(existsSync(`/proc/${engine}/exe`)).toBe(false);
    await (await Lab.start()).down();
    expect(existsSync(folder)).toBe(false);
    expect(readFileSync("/proc/mounts", "utf8")).not.toContain(`${folder}/`);
  });
});
