// Rows found by place, and the keys of a document that are not honoured.

import { describe, expect, test } from "bun:test";
import { keysAt, keysNotHonoured, rowAt, supportOf, takesNames } from "./key-lookup.ts";
import { rows } from "./rows.ts";

describe("the row at a place", () => {
  const places: [place: (string | number)[], path: string | null][] = [
    [["services"], "services"],
    [["services", "web"], null],
    [["services", "web", "image"], "services.*.image"],
    [["services", "web", "ports", 0], null],
    [["services", "web", "ports", 0, "target"], "services.*.ports[].target"],
    [["services", "web", "environment", "image"], null],
    [["services", "web", "prots"], null],
    [["services", "web", "x-note"], "x-*"],
    [["x-note"], "x-*"],
    [["services", "x-note"], null],
    [["services", "x-note", "image"], "services.*.image"],
    [["services", "web", "environment", "x-note"], null],
    [["networks", "front", "ipam", "config", 0, "subnet"], "networks.*.ipam.config[].subnet"],
  ];
  test.each(places)("%p", (place, path) => expect(rowAt(place)?.path ?? null).toBe(path));
});

test("keys that may stand at a place", () => {
  expect(keysAt(["services", "web", "logging"])).toEqual(["driver", "options"]);
  expect(keysAt(["services", "web", "environment"])).toEqual([]);
  expect(keysAt([])).toContain("services");
  expect([takesNames(["services"]), takesNames(["services", "web"]), takesNames(["nothing"])]).toEqual([
    true,
    false,
    false,
  ]);
});

describe("what a document has that is not honoured", () => {
  const ofService = (service: object): string[] =>
    keysNotHonoured({ services: { web: service } }).map(
      ({ place, support }) => `${place.slice(2).join(".")} ${support.says}`,
    );
  const tables: [title: string, service: object, expected: string[]][] = [
    ["nothing", { image: "nginx", environment: { A: "1", cpuset: "2" }, restart: "always" }, []],
    [
      "several, in their order",
      { cpuset: "0", image: "nginx", mem_limit: "1g" },
      ["cpuset ignored", "mem_limit changed"],
    ],
    ["a value with a word of its own", { restart: "unless-stopped" }, ["restart changed"]],
    [
      "what stands below a changed key",
      { healthcheck: { test: "true", start_interval: "1s" } },
      ["healthcheck changed", "healthcheck.start_interval ignored"],
    ],
    [
      "of a port what is different",
      { ports: [{ target: 80, mode: "host", published: "80" }] },
      ["ports.0.published changed"],
    ],
    ["nothing below a refused key", { networks: { front: { aliases: ["a"] } } }, ["networks refused"]],
    ["of an ignored key only that", { develop: { watch: [{ path: "src", action: "sync" }] } }, ["develop ignored"]],
    ["no switch that is off", { tty: false, stdin_open: "false", use_api_socket: false }, []],
    ["a switch that is on", { tty: true }, ["tty refused"]],
    ["no key without a value", { networks: [], links: null, build: {} }, []],
    ["no extension", { "x-note": "a" }, []],
    ["networks of the node", { network_mode: "host" }, []],
    ["the network of another service", { network_mode: "service:db" }, ["network_mode refused"]],
    [
      "a constraint that nodes cannot be compared by",
      { deploy: { placement: { constraints: ["node.role == manager"] } } },
      ["deploy.placement.constraints refused"],
    ],
    ["a constraint on a label", { deploy: { placement: { constraints: ["node.labels.disk == ssd"] } } }, []],
    [
      "a device that is no graphics card",
      { deploy: { resources: { reservations: { devices: [{ capabilities: ["tpu"] }] } } } },
      ["deploy.resources.reservations.devices.0.capabilities refused"],
    ],
  ];
  test.each(tables)("%s", (_, service, expected) => expect(ofService(service)).toEqual(expected));

  test("at the top of the file", () => {
    const document = { version: "3", name: "shop", services: {}, networks: { front: { internal: true } }, "x-a": 1 };
    expect(keysNotHonoured(document).map(({ place }) => place)).toEqual([["version"], ["networks"]]);
  });
});

describe("a key that is added to a document", () => {
  /** services.*.ports[].target as a document with nothing else, and the place of the key in it. */
  function documentOf(path: string): { document: unknown; place: (string | number)[] } {
    const place = path
      .replaceAll("[]", ".[]")
      .split(".")
      .map((part) => (part === "[]" ? 0 : part === "x-*" ? "x-note" : part.replace("*", "name")));
    const document = place.reduceRight<unknown>((below, part) => (part === 0 ? [below] : { [part]: below }), "value");
    return { document, place };
  }

  test("is reported, or a refused or ignored key above it is, unless it is honoured", () => {
    const silent = rows.filter((row) => {
      const { document, place } = documentOf(row.path);
      if (supportOf(row, "value").says === "honoured") return false;
      return !keysNotHonoured(document).some(({ place: found, support }) => {
        const isAbove = found.every((part, index) => part === place[index]);
        return isAbove && (found.length === place.length || support.says !== "changed");
      });
    });
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  test("has its own row", () => {
    expect(rows.filter((row) => rowAt(documentOf(row.path).place) !== row).map(({ path }) => path)).toEqual([]);
  });
});
