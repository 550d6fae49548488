// What is said of a document that the compose schema does not accept: one sentence a mistake, at the key that is wrong.

import { describe, expect, test } from "bun:test";
import { schemaMistakes } from "./mistakes.ts";

const said = (value: unknown): string[] =>
  schemaMistakes(value).map(({ path, message }) => `${path.join(".")}: ${message}`);
const ofService = (service: unknown): string[] =>
  said({ services: { web: service } }).map((one) => one.replace(/^services\.web\.?/, ""));

test("a file that fits has none", () => {
  const service = { image: "nginx", ports: ["80:80"], command: null, environment: { A: null, B: 1 }, "x-note": [1] };
  expect(said({ services: { web: service }, volumes: { data: null }, "x-anchors": {} })).toEqual([]);
});

describe("types", () => {
  const rows: [service: object, expected: string[]][] = [
    [{ image: 5 }, ["image: expected a string, found 5"]],
    [{ ports: "80" }, ['ports: expected a list, found "80"']],
    [{ ports: null }, ["ports: expected a list, found nothing: give the key a value, or take it out"]],
    [{ privileged: [] }, ["privileged: expected true or false, found a list"]],
    [{ mem_limit: {} }, ["mem_limit: expected a number or a string, found a mapping"]],
    [{ scale: 1.5 }, ["scale: expected a whole number or a string, found 1.5"]],
    [{ deploy: [] }, ["deploy: expected a mapping of keys and values, found a list"]],
  ];
  test.each(rows)("%p", (service, expected) => expect(ofService(service)).toEqual(expected));

  test("of a service, and of the file", () => {
    expect(ofService("nginx")).toEqual([': expected a mapping of keys and values, found "nginx"']);
    expect(said(null)).toEqual([
      ": expected a mapping of keys and values, found nothing: give the key a value, or take it out",
    ]);
  });
});

describe("a value with several forms has one mistake", () => {
  const rows: [service: object, expected: string[]][] = [
    [{ environment: 5 }, ["environment: expected a mapping of keys and values or a list, found 5"]],
    [{ command: 5 }, ["command: expected a string or a list, found 5"]],
    [{ command: ["a", 5] }, ["command.1: expected a string, found 5"]],
    [{ build: 5 }, ["build: expected a string or a mapping of keys and values, found 5"]],
    [{ build: { contex: "." } }, ["build.contex: unknown key contex: did you mean context?"]],
    [{ depends_on: { db: {} } }, ["depends_on.db: the key condition is missing"]],
    [{ depends_on: 5 }, ["depends_on: expected a list or a mapping of keys and values, found 5"]],
    [{ gpus: "al" }, ['gpus: expected all or a list, found "al"']],
    [{ networks: { a: { aliases: "b" } } }, ['networks.a.aliases: expected a list, found "b"']],
    [{ extra_hosts: { a: {} } }, ["extra_hosts.a: expected a string or a list, found a mapping"]],
    [{ volumes: [{ source: "data" }] }, ["volumes.0: the key type is missing"]],
    [{ volumes: [5] }, ["volumes.0: expected a string or a mapping of keys and values, found 5"]],
    [{ ulimits: { nofile: { soft: 1 } } }, ["ulimits.nofile: the key hard is missing"]],
    [{ oom_score_adj: 5000 }, ["oom_score_adj: expected at most 1000, found 5000"]],
  ];
  test.each(rows)("%p", (service, expected) => expect(ofService(service)).toEqual(expected));
});

describe("values", () => {
  const rows: [service: object, expected: string[]][] = [
    [{ cgroup: "shared" }, ['cgroup: expected host or private, found "shared"']],
    [
      { depends_on: { db: { condition: "up" } } },
      [
        'depends_on.db.condition: expected service_started, service_healthy or service_completed_successfully, found "up"',
      ],
    ],
    [{ cap_add: ["SYS_TIME", "A", "SYS_TIME"] }, ['cap_add.2: stands twice in the list: "SYS_TIME" is also item 1']],
    [{ ports: [{ target: 80 }, { target: 80 }] }, ['ports.1: stands twice in the list: {"target":80} is also item 1']],
    [
      { pull_policy: "sometimes" },
      [
        'pull_policy: expected always, missing, never, build, daily, weekly, or every_ with a duration such as every_12h, found "sometimes"',
      ],
    ],
  ];
  test.each(rows)("%p", (service, expected) => expect(ofService(service)).toEqual(expected));
});

describe("unknown keys", () => {
  const rows: [value: object, expected: string[]][] = [
    [{ services: { web: { prots: [] } } }, ["services.web.prots: unknown key prots: did you mean ports?"]],
    [
      { services: { web: { replicas: 2 } } },
      ["services.web.replicas: unknown key replicas here: it is deploy.replicas"],
    ],
    [
      { services: { web: { logging: { file: "a" } } } },
      ["services.web.logging.file: unknown key file: expected driver or options"],
    ],
    [{ services: { web: { qwertyuiop: 1 } } }, ["services.web.qwertyuiop: unknown key qwertyuiop"]],
    [{ image: "nginx" }, ["image: unknown key image here: it is services.*.image"]],
    [{ servces: {} }, ["servces: unknown key servces: did you mean services?"]],
    [{ web: { image: "nginx" } }, ["web: unknown key web: a service stands below services"]],
    [{ services: { "my web": {} } }, ["services.my web: expected a name of letters, digits, '.', '_' and '-'"]],
    [{ services: { web: { environment: { "": "a" } } } }, ["services.web.environment.: the name is empty"]],
  ];
  test.each(rows)("%p", (value, expected) => expect(said(value)).toEqual(expected));
});

test("each mistake of a file has its own sentence", () => {
  const document = { services: { a: { imag: "x" }, b: { image: 1 } }, volumes: { data: { driver: 5 } } };
  expect(said(document)).toEqual([
    "services.a.imag: unknown key imag: did you mean image?",
    "services.b.image: expected a string, found 1",
    "volumes.data.driver: expected a string, found 5",
  ]);
});

test("names with the characters of pointers are found", () => {
  expect(schemaMistakes({ services: { web: { labels: { "a/b~c": [] } } } })).toEqual([
    {
      path: ["services", "web", "labels", "a/b~c"],
      message: "expected a string, a number or true or false, found a list",
    },
  ]);
});
