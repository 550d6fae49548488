// What two files make of one key, by the rules of compose files.

import { expect, test } from "bun:test";
import { readTexts, webWith } from "./texts.ts";

const started = { condition: "service_started", required: true };
const tcp = { mode: "ingress", protocol: "tcp" };

/** Lines of service `web` in the first and the second file, the key, and its value; undefined: the key is absent. */
const rows: [first: string, second: string, key: string, value: unknown][] = [
  ["user: a", "user: b", "user", "b"],
  ["user: a", "user:", "user", "a"],
  ["user: a", "tty: true", "user", "a"],
  ["", "user: b", "user", "b"],
  ["command: a b", "command: c", "command", "c"],
  ["command: [a, b]", "command: [c]", "command", ["c"]],
  ["command: a b", "command: [c]", "command", ["c"]],
  ["command: [a]", "command:", "command", null],
  ["entrypoint: [a, b]", "entrypoint: [c]", "entrypoint", ["c"]],
  [
    "healthcheck: {test: [CMD, a], retries: 3}",
    "healthcheck: {test: [CMD, b]}",
    "healthcheck",
    { test: ["CMD", "b"], retries: 3 },
  ],
  ["environment: {A: 1, B: 2}", "environment: {B: 3}", "environment", { A: "1", B: "3" }],
  ["environment: [A=1, B=2]", "environment: [B=3, C=4]", "environment", { A: "1", B: "3", C: "4" }],
  ["environment: [A=1]", "environment: {A: x}", "environment", { A: "x" }],
  ["environment: {A: 1}", "environment: [A]", "environment", { A: null }],
  ["environment: [A=1, A=2]", "", "environment", { A: "2" }],
  ["labels: [a=1]", "labels: {a: 2, b: true}", "labels", { a: "2", b: "true" }],
  ["labels: [a]", "labels: [b]", "labels", { a: "", b: "" }],
  ["annotations: {a: x}", "annotations: [a=y]", "annotations", { a: "y" }],
  ["sysctls: [net.a=1]", "sysctls: {net.a: 2}", "sysctls", { "net.a": "2" }],
  [
    "ports: ['80:80']",
    "ports: ['81:80']",
    "ports",
    [
      { ...tcp, target: 80, published: "80" },
      { ...tcp, target: 80, published: "81" },
    ],
  ],
  ["ports: ['80:80']", "ports: ['80:80/tcp']", "ports", [{ ...tcp, target: 80, published: "80" }]],
  [
    "ports: ['80:80']",
    "ports: [{target: 80, published: '80', name: n}]",
    "ports",
    [{ ...tcp, target: 80, published: "80", name: "n" }],
  ],
  [
    "ports: ['80:80']",
    "ports: ['80:80/udp']",
    "ports",
    [
      { ...tcp, target: 80, published: "80" },
      { mode: "ingress", protocol: "udp", target: 80, published: "80" },
    ],
  ],
  [
    "ports: ['1.1.1.1:80:80']",
    "ports: ['80:80']",
    "ports",
    [
      { ...tcp, host_ip: "1.1.1.1", target: 80, published: "80" },
      { ...tcp, target: 80, published: "80" },
    ],
  ],
  [
    "ports: ['80-81:80-81']",
    "ports: ['81:81']",
    "ports",
    [
      { ...tcp, target: 80, published: "80" },
      { ...tcp, target: 81, published: "81" },
    ],
  ],
  ["expose: [80, '81']", "expose: ['80', 82]", "expose", ["80", "81", 82]],
  [
    "volumes: [/a:/x]",
    "volumes: [/b:/x:ro]",
    "volumes",
    [{ type: "bind", source: "/b", target: "/x", read_only: true, bind: { create_host_path: true } }],
  ],
  [
    "volumes: [/a:/x]",
    "volumes: [/b:/y]",
    "volumes",
    [
      { type: "bind", source: "/a", target: "/x", bind: { create_host_path: true } },
      { type: "bind", source: "/b", target: "/y", bind: { create_host_path: true } },
    ],
  ],
  ["volumes: [/x]", "volumes: [{type: tmpfs, target: /x}]", "volumes", [{ type: "tmpfs", target: "/x" }]],
  ["tmpfs: /a", "tmpfs: [/b, /a]", "tmpfs", ["/a", "/b"]],
  ["dns: 1.1.1.1", "dns: [8.8.8.8, 1.1.1.1]", "dns", ["1.1.1.1", "8.8.8.8"]],
  ["dns_search: a", "dns_search: b", "dns_search", ["a", "b"]],
  ["cap_add: [A, B]", "cap_add: [B, C]", "cap_add", ["A", "B", "C"]],
  ["security_opt: [a]", "security_opt: [b]", "security_opt", ["a", "b"]],
  ["extra_hosts: [a:1.1.1.1]", "extra_hosts: {a: 2.2.2.2}", "extra_hosts", ["a=1.1.1.1", "a=2.2.2.2"]],
  ["extra_hosts: [a:1.1.1.1]", "extra_hosts: [a=1.1.1.1]", "extra_hosts", ["a=1.1.1.1"]],
  ["devices: ['/a:/x']", "devices: ['/b:/x:r']", "devices", [{ source: "/b", target: "/x", permissions: "r" }]],
  ["depends_on: [a]", "depends_on: [b]", "depends_on", { a: started, b: started }],
  [
    "depends_on: [a]",
    "depends_on: {a: {condition: service_healthy}}",
    "depends_on",
    { a: { ...started, condition: "service_healthy" } },
  ],
  ["depends_on: {a: {condition: service_healthy}}", "depends_on: [a]", "depends_on", { a: started }],
  ["networks: [n]", "networks: {n: {aliases: [x]}, m: }", "networks", { n: { aliases: ["x"] }, m: null }],
  ["networks: {n: {aliases: [x]}}", "networks: {n: {aliases: [y, x]}}", "networks", { n: { aliases: ["x", "y"] } }],
  [
    "logging: {driver: a, options: {x: 1}}",
    "logging: {options: {y: 2}}",
    "logging",
    { driver: "a", options: { x: 1, y: 2 } },
  ],
  ["logging: {driver: a, options: {x: 1}}", "logging: {driver: b}", "logging", { driver: "b" }],
  ["ulimits: {nofile: {soft: 1, hard: 2}}", "ulimits: {nofile: 5, nproc: 6}", "ulimits", { nofile: 5, nproc: 6 }],
  ["build: ./a", "build: {target: t}", "build", { context: "/app/a", target: "t" }],
  [
    "build: {context: a, args: [X=1]}",
    "build: {args: {X: 2, Y: 3}}",
    "build",
    { context: "/app/a", args: { X: "2", Y: "3" } },
  ],
  [
    "deploy: {replicas: 1, labels: [a=1]}",
    "deploy: {labels: {b: 2}}",
    "deploy",
    { replicas: 1, labels: { a: "1", b: "2" } },
  ],
  [
    "deploy: {placement: {constraints: [a]}}",
    "deploy: {placement: {constraints: [b]}}",
    "deploy",
    { placement: { constraints: ["a", "b"] } },
  ],
  [
    "configs: [c]",
    "configs: [{source: c, target: /c, mode: 0440}]",
    "configs",
    [{ source: "c", target: "/c", mode: 288 }],
  ],
  [
    "secrets: [c]",
    "secrets: [{source: d, target: /run/secrets/c}]",
    "secrets",
    [{ source: "d", target: "/run/secrets/c" }],
  ],
  ["profiles: [p, q]", "profiles: [q, r]", "profiles", ["p", "q", "r"]],
  ["user: a", "user: !reset null", "user", undefined],
  ["ports: ['80:80']", "ports: !reset []", "ports", undefined],
  ["ports: ['80:80']", "ports: !override ['81:81']", "ports", [{ ...tcp, target: 81, published: "81" }]],
  ["environment: {A: 1, B: 2}", "environment: {A: !reset null}", "environment", { B: "2" }],
  ["environment: {A: 1}", "environment: !override {B: 2}", "environment", { B: "2" }],
  ["environment: {A: 1}", "environment: !override [B=2]", "environment", { B: "2" }],
  ["command: [a]", "command: !reset null", "command", undefined],
  ["x-a: {b: [1]}", "x-a: {b: [2], c: 3}", "x-a", { b: [1, 2], c: 3 }],
];

const others = `  a: {image: a}\n  b: {image: b}\nnetworks: {n: , m: }\nconfigs: {c: {content: x}, d: {content: y}}\nsecrets: {c: {file: c}, d: {file: d}}\n`;

test.each(rows)("%j and %j", async (first, second, key, value) => {
  const files = { "a.yaml": webWith(first) + others, "b.yaml": webWith(second), "/app/c": "", "/app/d": "" };
  const read = await readTexts(files, { files: ["a.yaml", "b.yaml"], profiles: ["*"] });
  // Only the key's own value is asserted: some of these services would not start.
  const ignorable = read.errors.filter((error) => !/deploy|sysctls|is left out|annotations/.test(error));
  expect(ignorable).toEqual([]);
  if (value === undefined) expect(read.service()).not.toHaveProperty([key]);
  else expect(read.service()[key] as unknown).toEqual(value);
});

test("three files: what the second resets, the third may set again", async () => {
  const files = {
    "a.yaml": webWith("ports: ['80:80']\nuser: a"),
    "b.yaml": webWith("ports: !reset []\nuser: !reset null"),
    "c.yaml": webWith("ports: ['90:90']"),
  };
  const { service } = await readTexts(files, { files: ["a.yaml", "b.yaml", "c.yaml"] });
  expect(service().ports).toEqual([{ ...tcp, target: 90, published: "90" }]);
  expect(service()).not.toHaveProperty("user");
});

test("documents of one file merge as files do", async () => {
  const { service, errors } = await readTexts({
    "compose.yaml": `${webWith("user: a\ntty: true")}---\n${webWith("user: b")}`,
  });
  expect(errors).toEqual([]);
  expect(service()).toEqual({ image: "nginx", user: "b", tty: true });
});

test("top-level sections merge by name, and subnets by subnet", async () => {
  const config = (text: string) =>
    `${webWith("")}networks: {n: {ipam: {config: [${text}]}}}\nvolumes: {v: {labels: [a=1]}}\n`;
  const files = {
    "a.yaml": config("{subnet: 10.0.0.0/24, gateway: 10.0.0.1}"),
    "b.yaml": config("{subnet: 10.0.0.0/24, ip_range: 10.0.0.0/25}, {subnet: 10.1.0.0/24}"),
  };
  const { value, errors } = await readTexts(files, { files: ["a.yaml", "b.yaml"] });
  expect(errors).toEqual([]);
  expect(value.networks).toEqual({
    n: {
      ipam: {
        config: [{ subnet: "10.0.0.0/24", gateway: "10.0.0.1", ip_range: "10.0.0.0/25" }, { subnet: "10.1.0.0/24" }],
      },
    },
  });
  expect(value.volumes).toEqual({ v: { labels: { a: "1" } } });
});

test("a list over a mapping is an error with both places", async () => {
  const files = { "a.yaml": webWith("deploy: {replicas: 1}"), "b.yaml": webWith("deploy: [a]") };
  const { errors } = await readTexts(files, { files: ["a.yaml", "b.yaml"] });
  expect(errors).toEqual([
    "b.yaml:4:13: services.web.deploy: it is a list here, and a mapping in a.yaml:4. Use the same form in both, or replace it with !override.",
  ]);
});
