// What names stand for, by who asks, and the records of an answer.

import { describe, expect, test } from "bun:test";
import { seededRandom } from "../../lib/random.ts";
import { answerTo } from "./answer.ts";
import { type NamedService, NameIndex, type NameTable } from "./name-table.ts";

const service = (name: string, app: string, more: Partial<NamedService> = {}): NamedService => ({
  ...{ name, app, aliases: [], vip: null, endpoints: [], ports: [] },
  ...more,
});

const table: NameTable = {
  revision: 7,
  ranges: ["10.210.0.0/16", "10.211.0.0/16"],
  services: [
    service("web", "shop", {
      vip: "10.211.0.1",
      endpoints: ["10.210.1.2", "10.210.2.2"],
      ports: [{ name: "http", protocol: "tcp", port: 8080 }],
      aliases: ["front"],
    }),
    service("web", "blog", { vip: "10.211.0.2", endpoints: ["10.210.1.9"] }),
    service("db", "shop", { endpoints: ["10.210.1.3", "10.210.1.4"] }),
    service("cron.daily", "shop", { vip: "10.211.0.3" }),
    service("front", "blog", { vip: "10.211.0.5" }),
    service("side", "blog", { vip: "10.211.0.6", aliases: ["front"] }),
  ],
  clients: { "10.210.1.2": ["shop"], "10.210.1.9": ["blog"], "10.210.1.8": ["blog", "shop"] },
};
const index = new NameIndex(table);
const [inShop, inBlog, inBoth, outside] = ["10.210.1.2", "10.210.1.9", "10.210.1.8", "10.210.9.9"] as const;

/** The data of the answers in order, or the code, or "foreign". */
function ask(name: string, client: string, type = "A"): unknown {
  const answer = answerTo(index, { name, type }, client, seededRandom(1));
  if (answer === null) return "foreign";
  if (answer.answers.length === 0) return answer.code === "ok" ? "no record" : answer.code;
  return answer.answers.map((one) => ("data" in one ? one.data : null)).sort();
}

describe("names", () => {
  for (const [name, client, wanted] of [
    ["web", inShop, ["10.211.0.1"]],
    ["web", inBlog, ["10.211.0.2"]],
    ["web", inBoth, ["10.211.0.2"]],
    ["db", inBoth, ["10.210.1.3", "10.210.1.4"]],
    ["web", outside, "foreign"],
    ["WEB.Shop", outside, ["10.211.0.1"]],
    ["web.shop.podling.internal", outside, ["10.211.0.1"]],
    ["Web.shop.Podling.Internal", outside, ["10.211.0.1"]],
    ["web.podling.internal", inShop, "no such name"],
    ["nothing.shop.podling.internal", inShop, "no such name"],
    ["nothing.shop", inShop, "foreign"],
    ["example.com", inShop, "foreign"],
    ["podling.internal", inShop, "no record"],
    ["notpodling.internal", inShop, "foreign"],
    ["front", inShop, ["10.211.0.1"]],
    ["front", inBlog, ["10.211.0.5"]],
    ["cron.daily", inShop, ["10.211.0.3"]],
    ["cron.daily.shop", outside, ["10.211.0.3"]],
    ["tasks.web", inShop, ["10.210.1.2", "10.210.2.2"]],
    ["tasks.web.shop", inBlog, ["10.210.1.2", "10.210.2.2"]],
    ["tasks.web.shop.podling.internal", outside, ["10.210.1.2", "10.210.2.2"]],
    ["tasks.cron.daily", inShop, "no record"],
    ["tasks", inShop, "foreign"],
    ["tasks.nothing", inShop, "foreign"],
    ["10-210-1-2.web.shop.podling.internal", outside, ["10.210.1.2"]],
    ["10-210-1-9.web.shop.podling.internal", outside, "no such name"],
  ] as const) {
    test(`${name} for ${client}`, () => expect(ask(name, client)).toEqual(wanted as never));
  }

  test("a known name has no IPv6 address, and exists", () => {
    for (const type of ["AAAA", "MX", "UNKNOWN_65", "TXT"]) {
      expect([type, ask("web", inShop, type)]).toEqual([type, "no record"]);
      expect([type, ask("db.shop.podling.internal", inShop, type)]).toEqual([type, "no record"]);
    }
    expect(ask("web", inShop, "ANY")).toEqual(["10.211.0.1"]);
  });

  test("what is not there in the domain may be kept for 5 s", () => {
    const answer = answerTo(index, { name: "web.podling.internal", type: "A" }, inShop, seededRandom(1));
    expect(answer?.authorities).toMatchObject([
      { type: "SOA", name: "podling.internal", ttl: 5, data: { minimum: 5, serial: 7 } },
    ]);
  });

  test("ports lead to the replicas, by name and by number", () => {
    for (const name of ["_http._tcp.web", "_HTTP._tcp.web.shop", "_8080._tcp.web.shop.podling.internal"]) {
      const answer = answerTo(index, { name, type: "SRV" }, inShop, seededRandom(1))!;
      const targets = answer.answers.map((one) => (one.type === "SRV" ? one.data : null));
      expect(targets).toHaveLength(2);
      for (const target of targets) expect(target).toMatchObject({ port: 8080, priority: 0 });
      const names = new Map(answer.additionals.map((one) => [one.name, "data" in one ? one.data : null]));
      expect(targets.map((target) => names.get(target!.target) as string).sort()).toEqual(["10.210.1.2", "10.210.2.2"]);
      for (const target of targets) expect(ask(target!.target, outside)).toEqual([names.get(target!.target)] as never);
    }
    expect(ask("_http._udp.web", inShop, "SRV")).toBe("foreign");
    expect(ask("_https._tcp.web.shop.podling.internal", inShop, "SRV")).toBe("no such name");
    expect(ask("_0._tcp.web.shop.podling.internal", inShop, "SRV")).toBe("no such name");
    expect(ask("_http._tcp.web", inShop, "A")).toBe("no record");
    expect(ask("_http", inShop, "SRV")).toBe("foreign");
  });

  test("addresses of the cluster have names, or none; other addresses are foreign", () => {
    expect(ask("1.0.211.10.in-addr.arpa", inShop, "PTR")).toEqual(["web.shop.podling.internal"]);
    expect(ask("2.1.210.10.in-addr.arpa", inShop, "PTR")).toEqual(["10-210-1-2.web.shop.podling.internal"]);
    expect(ask("99.99.210.10.in-addr.arpa", inShop, "PTR")).toBe("no such name");
    expect(ask("8.8.8.8.in-addr.arpa", inShop, "PTR")).toBe("foreign");
  });

  test("the order of several addresses changes, and none is lost", () => {
    const random = seededRandom(3);
    const firsts = new Set<string>();
    for (let count = 0; count < 50; count++) {
      const { answers } = answerTo(index, { name: "db", type: "A" }, inShop, random)!;
      expect(answers).toHaveLength(2);
      firsts.add(String((answers[0] as { data: unknown }).data));
    }
    expect([...firsts].sort()).toEqual(["10.210.1.3", "10.210.1.4"]);
  });
});
