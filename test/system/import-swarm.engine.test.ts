// podling import swarm against a real Swarm: what its command line creates, as the app that Podling would run.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { yamlText } from "../../src/compose/export/yaml.ts";
import { fromSwarm } from "../../src/compose/import/swarm.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { Lab, type LabHost } from "../../tools/lab/lab.ts";
import { translateTexts } from "../compose/translate/translated.ts";

/** Of a service without replicas, so that no image is pulled. */
const flags = [
  ...["--config", "source=conf,target=/etc/conf,mode=0400", "--secret", "key", "--env", "A=$B", "--user", "5"],
  ...["--mount", "type=volume,source=shop_data,target=/d", "--publish", "8080:80", "--workdir", "/w", "--init"],
  ...["--constraint", "node.labels.disk==ssd", "--placement-pref", "spread=node.labels.zone", "--network", "front"],
  ...["--limit-cpu", "0.5", "--limit-memory", "64m", "--reserve-memory", "32m", "--cap-add", "NET_ADMIN"],
  ...["--restart-condition", "on-failure", "--restart-delay", "3s", "--ulimit", "nofile=10:20"],
  ...["--update-parallelism", "2", "--update-order", "start-first", "--health-cmd", "true", "--health-interval", "5s"],
  ...[
    "--host",
    "db:10.0.0.1",
    "--sysctl",
    "net.core.somaxconn=9",
    "--stop-grace-period",
    "9s",
    "--log-driver",
    "local",
  ],
];

describeLab("a Swarm", () => {
  let lab: Lab;
  let manager: LabHost;
  beforeAll(async () => {
    lab = await Lab.start();
    manager = await lab.host("n1");
  });
  afterAll(async () => {
    // A swarm keeps a namespace of its ingress network mounted until it is left.
    if (manager?.engine.running) await docker("swarm", "leave", "--force").catch(() => {});
    await lab?.down();
  });

  async function docker(...words: string[]): Promise<string> {
    const own = Bun.spawn(["docker", "-H", manager.engine.host, ...words], {
      ...{ stdin: new Blob(["x: $y\n"]), stdout: "pipe", stderr: "pipe" },
    });
    const [out, err] = await Promise.all([new Response(own.stdout).text(), new Response(own.stderr).text()]);
    if ((await own.exited) !== 0) throw new Error(err);
    return out.trim();
  }

  test("its service is the one that Podling would run", async () => {
    await docker("swarm", "init", "--advertise-addr", manager.address);
    await docker("config", "create", "conf", "-");
    await docker("secret", "create", "key", "-");
    await docker("network", "create", "--driver", "overlay", "front");
    await docker("node", "update", "--label-add", "disk=ssd", await docker("node", "ls", "-q"));
    const create = [
      "service",
      "create",
      "--detach",
      "--quiet",
      "--no-resolve-image",
      "--name",
      "shop_web",
      "--replicas",
      "0",
    ];
    await docker(
      ...create,
      "--label",
      "com.docker.stack.namespace=shop",
      ...flags,
      "nginx:1.27",
      "nginx",
      "-g",
      "daemon off;",
    );
    const paths = ["/services", "/configs", "/networks", "/nodes"];
    const [services, configs, networks, nodes] = await Promise.all(paths.map((path) => manager.engine.json(path)));
    const { document, notes } = fromSwarm({ services, configs, networks, nodes }, { stack: "shop", app: "shop" });
    expect(notes.filter((note) => /^web: |^node /.test(note))).toEqual([
      "web: it is in the networks front, which are left out.",
      expect.stringMatching(/^node \S+: podling node label \S+ disk=ssd$/),
    ]);
    const read = { "compose.yaml": yamlText(document, notes, true) };
    const { input, errors } = await translateTexts(read, { env: { KEY: "hidden" } });
    expect(errors).toEqual([]);
    expect(input.configs).toEqual([{ name: "conf", data: "x: $y\n" }]);
    expect(input.volumes).toEqual([{ name: "shop_data" }]);
    expect(input.services).toEqual([
      {
        ...{ name: "shop_web", image: "nginx:1.27", args: ["nginx", "-g", "daemon off;"], env: { A: "$B" }, user: "5" },
        ...{ workingDir: "/w", process: { init: true }, stopGraceSeconds: 9, security: { capAdd: ["CAP_NET_ADMIN"] } },
        logging: { driver: "local" },
        resources: { cpu: { limit: 0.5 }, memory: { limit: 67_108_864, request: 33_554_432 } },
        limits: { sysctls: { "net.core.somaxconn": "9" }, ulimits: [{ name: "nofile", soft: 10, hard: 20 }] },
        network: { extraHosts: [{ host: "db", address: "10.0.0.1" }] },
        restartPolicy: { mode: "on-failure", backoffInitialMs: 3000 },
        health: { command: "true", intervalMs: 5000 },
        mounts: [{ type: "volume", source: "shop_data", target: "/d" }],
        configs: [{ name: "conf", target: "/etc/conf", mode: 0o400 }],
        secrets: [{ name: "key", target: "/run/secrets/key", mode: 0o444 }],
        constraints: ["node.labels.disk==ssd"],
        placement: { spread: ["zone"] },
        ports: [{ containerPort: 80, hostPort: 8080, protocol: "tcp" }],
        replicas: 0,
        rollout: { parallelism: 2, monitorMs: 5000, order: "start-first", onFailure: "pause" },
      },
    ]);
  });
});
