// A release on fresh machines that have booted with systemd, as docs/OPERATIONS.md says word by word: its commands are read
// from the document. Needs root, debootstrap and the package registry.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describeLab } from "../../tools/lab/available.ts";
import { Lab, type LabHost } from "../../tools/lab/lab.ts";
import type { LabMachine } from "../../tools/lab/machine.ts";
import { until } from "../../tools/lab/until.ts";

const root = resolve(import.meta.dir, "../..");
const platform = `linux-${process.arch === "arm64" ? "arm64" : "x64"}`;
const slow = 300_000;

/** The commands in the first shell block of OPERATIONS.md that has this text. */
function commands(text: string): string {
  const blocks = [...readFileSync(join(root, "docs/OPERATIONS.md"), "utf8").matchAll(/^```sh\n([\s\S]*?)^```$/gm)];
  const found = blocks.find(([, block]) => block!.includes(text))?.[1];
  if (found === undefined) throw new Error(`OPERATIONS.md has no block with ${text}`);
  return found;
}

describeLab("a release on fresh machines", () => {
  let lab: Lab;
  let release: string;
  let archive: string;
  let host: LabHost;
  let first: LabMachine;
  let second: LabMachine;
  let token = "";

  const asDocumented = (text: string) =>
    commands(text)
      .replaceAll("podling-0.1.0-linux-x64.tar.gz", archive)
      .replaceAll("10.0.0.1", masterAddress)
      .replaceAll("=TOKEN", `=${token}`);
  let masterAddress = "";
  const asUser = (script: string) =>
    first.run(`${asDocumented("podling nodes").replace("podling nodes", "")}${script}`);

  beforeAll(async () => {
    lab = await Lab.start();
    release = join(lab.folder("release"), "files");
    const built = Bun.spawnSync([join(root, "scripts/dist"), platform], { env: { ...process.env, DIST: release } });
    if (built.exitCode !== 0) throw new Error(`scripts/dist failed: ${built.stderr}`);
    archive = readdirSync(release).find((name) => name.endsWith(".tar.gz"))!;
    const masterHost = await lab.host("m1");
    masterAddress = masterHost.address;
    host = await lab.host("w1");
    const mounts = { "/root/release": release };
    first = await lab.machine("m1", { namespace: masterHost.namespace, mounts });
    const socket = host.engine.host.slice("unix://".length);
    second = await lab.machine("w1", {
      namespace: host.namespace,
      mounts: { ...mounts, "/run/docker.sock": socket },
    });
    // What the installation of Docker does.
    await second.must("groupadd --system docker && chgrp docker /run/docker.sock && chmod 660 /run/docker.sock");
  }, slow);
  afterAll(() => lab?.down());

  test("install.sh refuses an archive that was changed, and one without checksums", async () => {
    const copied = await first.run(
      `mkdir bad && cp release/install.sh bad && cp release/SHA256SUMS bad && head -c 1000000 release/${archive} >bad/${archive}; cd bad; sh install.sh ${archive}`,
    );
    expect(copied.code).toBe(1);
    expect(copied.stderr).toContain("is damaged or was changed");
    const alone = await first.run(`mkdir alone && cp release/${archive} alone; sh release/install.sh alone/${archive}`);
    expect(alone.code).toBe(1);
    expect(alone.stderr).toContain("SHA256SUMS is missing beside");
    const none = await first.run("ls /usr/local/bin");
    expect(none.stdout).toBe("");
  });

  test("install.sh installs a file, and from the URL of a release", async () => {
    await first.must(`cd release; ${asDocumented("install.sh")}`);
    expect(await first.must("podling version --client; podling-master --help | head -n 1")).toMatch(
      /^podling \d.*\nRun a master/,
    );
    using server = Bun.serve({
      hostname: lab.address,
      port: 0,
      fetch: (request) => new Response(Bun.file(join(release, new URL(request.url).pathname))),
    });
    await second.must(`curl -fsSO ${server.url}install.sh && sh install.sh ${server.url}`);
    expect(await second.must("podling version --client")).toMatch(/^podling \d/);
  });

  test("the units are valid, and a worker without the group docker is refused with a sentence", async () => {
    await first.must(`mkdir /tmp/units && tar -xzf release/${archive} -C /tmp/units --strip-components=1`);
    const verified = await first.run("systemd-analyze verify --man=no /tmp/units/systemd/*.service");
    expect(verified).toEqual({ code: 0, stdout: "", stderr: "" });
    const refused = await first.run("podling systemd install worker --master http://127.0.0.1:8080");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("there is no group docker");
  });

  test("the master runs as its own user, with a token that only root can read", async () => {
    const printed = await first.must(asDocumented("systemd install master"));
    token = /PODLING_TOKEN=([0-9a-f]{64})/.exec(printed)![1]!;
    await until("the master to answer", async () => (await asUser("podling nodes")).code === 0);
    expect(await first.must("stat -c '%U %a' /etc/podling /etc/podling/master.env /var/lib/podling/master")).toBe(
      "root 700\nroot 600\npodling 700\n",
    );
    expect(
      await first.must("ps -o user= -C podling || stat -c %U /proc/$(systemctl show -P MainPID podling-master)"),
    ).toContain("podling");
    expect((await first.run("podling nodes")).stderr).toContain("token");
  });

  test("a worker joins, and runs a container", async () => {
    await second.must(asDocumented("systemd install worker"));
    await until("the worker to join", async () => (await asUser("podling nodes")).stdout.includes("w1"));
    const image = await host.engine.image();
    const ran = await asUser(
      `podling run hello --image ${image} --constraint disk==ssd --follow -- echo from a service`,
    );
    expect(ran).toMatchObject({ code: 0, stdout: "from a service\n" });
  });

  test("kill -9 of the master: systemd starts it again, and it has its tasks", async () => {
    await first.must("systemctl kill -s KILL podling-master");
    await until("the master to be back", async () => (await asUser("podling ps -a")).stdout.includes("hello"));
    expect(await first.must("systemctl show -P NRestarts podling-master")).toBe("1\n");
  });

  test("a repeated installation keeps what it does not name", async () => {
    await second.must("podling systemd install worker -- --host 0.0.0.0 --label disk=hdd");
    const settings = await second.must("cat /etc/podling/worker.env");
    expect(settings).toContain(`PODLING_TOKEN=${token}\n`);
    expect(settings).toContain(`PODLING_MASTER_URL=http://${masterAddress}:8080\n`);
    expect(settings).toContain("PODLING_WORKER_FLAGS=--host 0.0.0.0 --label disk=hdd\n");
    await until("the new label", async () => (await asUser("podling nodes -o json")).stdout.includes("hdd"));
  });

  test("both services start at boot", async () => {
    for (const [machine, unit] of [
      [first, "podling-master"],
      [second, "podling-worker"],
    ] as const) {
      expect(await machine.must(`systemctl is-enabled ${unit}`)).toBe("enabled\n");
    }
  });

  test("uninstall keeps settings and data, and with --purge removes them", async () => {
    await second.must("podling systemd uninstall worker");
    expect(
      await second.must("ls /etc/podling /var/lib/podling; ls /etc/systemd/system | grep podling || true"),
    ).toContain("worker.env");
    expect((await second.run("podling systemd uninstall worker")).stderr).toContain("is not installed");
    await first.must("podling systemd uninstall master --purge");
    expect(await first.must("ls /etc/podling /var/lib/podling; ls /etc/systemd/system | grep podling || true")).toBe(
      "/etc/podling:\n\n/var/lib/podling:\n",
    );
  });
});
