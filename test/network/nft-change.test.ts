// Small changes of the rules against the kernel: after any of them, the tables are those that a load of the same plan makes.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { seededRandom } from "../../src/lib/random.ts";
import { NftFilter, runNft } from "../../src/network/nft/nft-filter.ts";
import { changeOf, loadOf } from "../../src/network/traffic/ruleset.ts";
import { describeUnless } from "../../tools/lab/available.ts";
import { inside, namespace, namespacesAvailable, removeNamespaces } from "./namespaces.ts";
import { changedPlan, emptyPlan, service, serving } from "./plans.ts";

const seeds = 5;
const changesOfASeed = 12;

/** What `nft -j list table` says, without handles, and without the order in which chains and sets were made. */
function comparable(listing: string): string[] {
  const objects = (JSON.parse(listing) as { nftables: Record<string, Record<string, unknown>>[] }).nftables;
  const rules = new Map<string, number>();
  return objects
    .flatMap((object) => Object.entries(object))
    .filter(([kind]) => kind !== "metainfo")
    .map(([kind, { handle: _, ...one }]) => {
      if (Array.isArray(one.elem)) one.elem = one.elem.map((element) => JSON.stringify(element)).sort();
      const chain = String(one.chain ?? "");
      if (kind === "rule") rules.set(chain, (rules.get(chain) ?? 0) + 1);
      return `${kind} ${kind === "rule" ? `${chain} ${rules.get(chain)}` : ""} ${JSON.stringify(one)}`;
    })
    .sort();
}

describeUnless(namespacesAvailable(), "changes of rules in the kernel", () => {
  let name = "";
  let nft: ReturnType<typeof runNft>;

  const tables = async () =>
    (await Promise.all(["ip", "bridge"].map((family) => nft(["-j", "list", "table", family, "podling"], "")))).map(
      comparable,
    );

  beforeAll(async () => {
    name = await namespace("rules");
    nft = runNft(inside(name));
  });
  afterAll(removeNamespaces);

  for (let seed = 1; seed <= seeds; seed++) {
    test(`random changes end as a load does (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      let plan = emptyPlan;
      await nft(["-f", "-"], loadOf(plan));
      for (let count = 0; count < changesOfASeed; count++) {
        const next = changedPlan(plan, random);
        const text = changeOf(plan, next);
        if (text !== "") await nft(["-f", "-"], text);
        const changed = await tables();
        await nft(["-f", "-"], loadOf(next));
        expect(changed).toEqual(await tables());
        plan = next;
      }
    });
  }

  test("tables that another program flushed or changed are repaired, others are left alone", async () => {
    const filter = new NftFilter(nft);
    const plan = { ...emptyPlan, services: [service("web", "10.211.0.1", serving("10.210.1.2", "10.210.1.3"))] };
    expect(await filter.apply(plan)).toBe("loaded");
    const whole = await tables();
    expect(await filter.repair()).toBe(false);
    for (const damage of [
      "flush ruleset",
      "flush table ip podling",
      "flush chain ip podling forward",
      "delete table bridge podling",
      "insert rule ip podling forward drop",
      "delete element ip podling vips { 10.211.0.1 }",
    ]) {
      await nft(["-f", "-"], `${damage}\nadd table ip other\n`);
      expect([damage, await filter.repair()]).toEqual([damage, true]);
      expect(await tables()).toEqual(whole);
      expect(await nft(["list", "tables"], "")).toContain("table ip other");
    }
  });

  test("a change of a table that was flushed loads it", async () => {
    const filter = new NftFilter(nft);
    await filter.apply(emptyPlan);
    const plan = { ...emptyPlan, services: [service("web", "10.211.0.1", serving("10.210.1.2"))] };
    expect(await filter.apply(plan)).toBe("changed");
    expect(await filter.apply({ ...plan })).toBe("unchanged");
    await nft(["-f", "-"], "flush ruleset\n");
    expect(await filter.apply({ ...plan, services: [service("web", "10.211.0.1", serving("10.210.1.4"))] })).toBe(
      "loaded",
    );
    expect(await nft(["list", "chain", "ip", "podling", "service-web"], "")).toContain("dnat to 10.210.1.4");
  });

  test("clear removes the tables of Podling only", async () => {
    const filter = new NftFilter(nft);
    await filter.apply(emptyPlan);
    await nft(["add", "table", "ip", "other"], "");
    await filter.clear();
    expect((await nft(["list", "tables"], "")).trim()).toBe("table ip other");
    expect(await filter.repair()).toBe(false);
  });
});
