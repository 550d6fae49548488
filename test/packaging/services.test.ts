// A release on fresh machines that have booted with systemd, as docs/OPERATIONS.md says word by word: its commands are read
// from the document, and typed by a user who may use sudo. Needs root, debootstrap and the package registry.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describeLab } from "../../tools/lab/available.ts";
import { Lab, type LabHost } from "../../tools/lab/lab.ts";
import type { LabMachine, Ran } from "../../tools/lab/machine.ts";
import { until } from "../../tools/lab/until.ts";

const root = resolve(import.meta.dir, "../..");
const platform = `linux-${process.arch === "arm64" ? "arm64" : "x64"}`;
const slow = 300_000;

const blocks = [...readFileSync(join(root, "docs/OPERATIONS.md"), "utf8").matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(
  ([, block]) => block!,
);
const typedBlocks = new Set<string>();

/** The commands in the first shell block of OPERATIONS.md that has this text. */
function commands(text: string): string {
  const found = blocks.find((block) => block.includes(text));
  if (found === undefined) throw new Error(`OPERATIONS.md has no block with ${text}`);
  typedBlocks.add(found);
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

  let masterAddress = "";
  const asDocumented = (text: string) =>
    commands(text)
      .replaceAll("podling-0.1.0-linux-x64.tar.gz", archive)
      .replaceAll("10.0.0.1", masterAddress)
      .replaceAll("podling-2025-01-19.gz", "podling-$(date +%F).gz")
      .replaceAll(/\bTOKEN\b/g, token);
  /** In the folder of the release, as a user who has logged in. */
  const typed = (machine: LabMachine, script: string): Promise<Ran> =>
    machine.run(`runuser -l admin -c '${`cd /srv/release; ${script}`.replaceAll("'", `'\\''`)}'`);
  const typedWell = async (machine: LabMachine, script: string): Promise<string> => {
    const { code, stdout, stderr } = await typed(machine, script);
    expect(code, `${script}\n${stdout}${stderr}`).toBe(0);
    return stdout;
  };
  const asUser = (script: string) => typed(first, script);

  beforeAll(async () => {
    lab = await Lab.start();
    release = join(lab.folder("release"), "files");
    const built = Bun.spawnSync([join(root, "scripts/dist"), platform], { env: { ...process.env, DIST: release } });
    if (built.exitCode !== 0) throw new Error(`scripts/dist failed: ${built.stderr}`);
    archive = readdirSync(release).find((name) => name.endsWith(".tar.gz"))!;
    const masterHost = await lab.host("m1");
    masterAddress = masterHost.address;
    host = await lab.host("w1");
    const mounts = { "/srv/release": release };
    first = await lab.machine("m1", { namespace: masterHost.namespace, mounts });
    const socket = host.engine.host.slice("unix://".length);
    second = await lab.machine("w1", {
      namespace: host.namespace,
      mounts: { ...mounts, "/run/docker.sock": socket },
    });
    for (const machine of [first, second])
      await machine.must(
        "useradd --create-home --shell /bin/bash admin && echo 'admin ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/admin",
      );
    // What the installation of Docker does.
    await second.must("groupadd --system docker && chgrp docker /run/docker.sock && chmod 660 /run/docker.sock");
  }, slow);
  afterAll(() => lab?.down());

  test("install.sh refuses an archive that was changed, and one without checksums", async () => {
    const copied = await first.run(
      `mkdir bad && cp /srv/release/install.sh bad && cp /srv/release/SHA256SUMS bad && head -c 1000000 /srv/release/${archive} >bad/${archive}; cd bad; sh install.sh ${archive}`,
    );
    expect(copied.code).toBe(1);
    expect(copied.stderr).toContain("is damaged or was changed");
    const alone = await first.run(
      `mkdir alone && cp /srv/release/${archive} alone; sh /srv/release/install.sh alone/${archive}`,
    );
    expect(alone.code).toBe(1);
    expect(alone.stderr).toContain("SHA256SUMS is missing beside");
    const none = await first.run("ls /usr/local/bin");
    expect(none.stdout).toBe("");
  });

  test("install.sh installs a file, and from the URL of a release", async () => {
    await typedWell(first, asDocumented("sudo sh install.sh"));
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
    await first.must(`mkdir /tmp/units && tar -xzf /srv/release/${archive} -C /tmp/units --strip-components=1`);
    const verified = await first.run("systemd-analyze verify --man=no /tmp/units/systemd/*.service");
    expect(verified).toEqual({ code: 0, stdout: "", stderr: "" });
    const refused = await first.run("podling systemd install worker --master http://127.0.0.1:8080");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("there is no group docker");
  });

  test("the master runs as its own user, with a token that only root can read", async () => {
    const printed = await typedWell(first, asDocumented("sudo podling systemd install master"));
    token = /PODLING_TOKEN=([0-9a-f]{64})/.exec(printed)![1]!;
    await until("the master to ask for a token", async () => (await asUser("podling nodes")).stderr.includes("token"));
    // Typed in the user's own folder, where the file of the token can be written.
    await until(
      "the master to answer",
      async () => (await asUser(`cd; ${asDocumented("context add prod")}`)).code === 0,
    );
    expect((await asUser("ls ~/token")).code).not.toBe(0);
    expect(await first.must("stat -c '%U %a' /etc/podling /etc/podling/master.env /var/lib/podling/master")).toBe(
      "root 700\nroot 600\npodling 700\n",
    );
    expect(
      await first.must("ps -o user= -C podling || stat -c %U /proc/$(systemctl show -P MainPID podling-master)"),
    ).toContain("podling");
  });

  test("a worker joins, and runs a container", async () => {
    await typedWell(second, asDocumented("sudo PODLING_TOKEN=TOKEN podling systemd install worker"));
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

  test("backups are written, checked and restored", async () => {
    const block = asDocumented("podling backup --verify").replace(
      /^podling restore podling/m,
      "podling restore -y podling",
    );
    await typedWell(first, `cd; ${block}`);
    expect((await asUser("podling ps -a")).stdout).toContain("hello");
  });

  test("an upgrade keeps nodes and tasks", async () => {
    const lines = asDocumented("before-upgrade").split("\n");
    const onMaster = lines.filter((line) => !line.includes("worker"));
    await typedWell(first, `cd; ln -sf /srv/release/* .; ${onMaster.join("\n")}`);
    await typedWell(second, lines.filter((line) => line.includes("worker")).join("\n"));
    await until("the cluster to be back", async () => {
      const shown = (await asUser("podling nodes; podling ps -a")).stdout;
      return shown.includes("online") && shown.includes("hello");
    });
  });

  test("a master that is lost is installed again with its token, and restored", async () => {
    await first.must("podling systemd uninstall master --purge");
    const [install = "", restore = ""] = asDocumented("podling restore podling-2025").trim().split("\n");
    await typedWell(first, install);
    await until("the new master to answer", async () => (await asUser("podling nodes")).code === 0);
    expect((await asUser("podling ps -a")).stdout).not.toContain("hello");
    await typedWell(first, `cd; ${restore} -y`);
    expect((await asUser("podling ps -a")).stdout).toContain("hello");
    await until("the worker to be back", async () => (await asUser("podling nodes")).stdout.includes("online"));
  });

  test("the firewall's rule for published ports is accepted", async () => {
    await host.run(["sh", "-ec", commands("DOCKER-USER").replaceAll("sudo ", "")]);
  });

  test("a worker with a policy refuses what it forbids", async () => {
    await second.must("mkdir -p /srv/data");
    await typedWell(second, asDocumented("--allow-bind /srv/data"));
    await until("the worker to be back", async () => (await asUser("podling nodes")).stdout.includes("online"));
    await until("the policy", async () => {
      const ran = await asUser("podling run -d --again --name forbidden --privileged any-image");
      return `${ran.stdout}${ran.stderr}`.includes("privileged");
    });
  });

  test("every block of commands in OPERATIONS.md was typed", () => {
    expect(blocks.filter((block) => !typedBlocks.has(block))).toEqual([]);
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
