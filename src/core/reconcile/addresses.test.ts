// Which services and nodes get an address, when an address is free again, and what happens when there is none.

import { describe, expect, test } from "bun:test";
import { toTimestamp } from "../../lib/clock.ts";
import { type Address, type AddressSpace, addressSpaces } from "../../model/address/address.ts";
import { limits } from "../../model/limits.ts";
import type { ParsedServiceInput } from "../../model/service/service-input.ts";
import { networkFeature } from "../../model/task/cluster-network.ts";
import { knownFeatures } from "../../model/task/needs.ts";
import { AddressBook } from "../state/indexes/address-book.ts";
import { readSnapshot, writeSnapshot } from "../state/snapshot.ts";
import { retention, World } from "../test-world.ts";
import { addresses } from "./addresses.ts";

const features = [...knownFeatures, networkFeature];
const inNetwork = { network: { mode: "cluster", app: "shop" } };

function put(world: World, name: string, more: object = {}): void {
  const input = { name, image: "app:1", replicas: 1, ...more } as unknown as ParsedServiceInput;
  world.do({ type: "putService", input, by: "test" });
}

const given = (world: World): string[] =>
  [...world.state.tables.address.values()]
    .map(({ address, restsUntil }) => `${address}${restsUntil ? " rests" : ""}`)
    .sort();

describe("addresses", () => {
  test("a service with a network has a virtual address from its start, others have none", () => {
    const world = new World();
    put(world, "plain");
    expect(given(world)).toEqual([]);
    put(world, "web", inNetwork);
    put(world, "db", inNetwork);
    const of = (name: string) => world.state.addresses.of("service", world.state.serviceNamed(name)!.serviceId);
    expect([of("web"), of("db"), of("plain")] as unknown[]).toEqual(["10.211.0.1", "10.211.0.2", undefined]);
    put(world, "plain", inNetwork);
    put(world, "web", { ...inNetwork, image: "app:2" });
    expect([of("web"), of("db"), of("plain")] as unknown[]).toEqual(["10.211.0.1", "10.211.0.2", "10.211.0.3"]);
    expect(world.state.serviceNamed("web")!.network).toEqual({ app: "shop" });
  });

  test("a node has a range from its first task with a network, and keeps it", () => {
    const world = new World();
    world.node("old");
    for (const name of ["n1", "n2"]) world.node(name, { features, capacity: 1, version: "1", instance: name });
    put(world, "web", inNetwork);
    const service = world.state.serviceNamed("web")!;
    const task = [...world.state.tasks.values()][0]!;
    expect(world.state.node(task.placement!.nodeId).hostname).toStartWith("n");
    expect(given(world)).toEqual(["10.210.0.0/24", "10.211.0.1"]);
    world.do({ type: "removeService", serviceId: service.serviceId });
    world.do(world.report(task.taskId, { status: "stopped", exitCode: 0 } as never));
    world.now += limits.addressRestMs;
    world.do({ type: "wake" });
    expect(given(world)).toEqual(["10.210.0.0/24"]);
    put(world, "api", { ...inNetwork, replicas: 2 });
    expect(given(world)).toEqual(["10.210.0.0/24", "10.210.1.0/24", "10.211.0.1"]);
  });

  test("the address of a service that is gone rests before it is given again", () => {
    const world = new World();
    put(world, "web", inNetwork);
    put(world, "db", inNetwork);
    world.do({ type: "removeService", serviceId: world.state.serviceNamed("web")!.serviceId });
    expect(addresses.nextDue(world.state, { now: world.now, retention })).toBeNull();
    put(world, "web", inNetwork);
    expect(given(world)).toEqual(["10.211.0.1 rests", "10.211.0.2", "10.211.0.3"]);
    world.now += limits.addressRestMs - 1;
    put(world, "api", inNetwork);
    expect(given(world)).toEqual(["10.211.0.1 rests", "10.211.0.2", "10.211.0.3", "10.211.0.4"]);
    world.now += 1;
    put(world, "late", inNetwork);
    expect(given(world)).toEqual(["10.211.0.1", "10.211.0.2", "10.211.0.3", "10.211.0.4"]);
  });

  test("an address whose owner a backup lacks is not kept", () => {
    const world = new World();
    const lost: Address = {
      address: "10.211.0.1",
      owner: { kind: "service", id: "gone" },
      givenAt: toTimestamp(world.now),
      restsUntil: null,
    };
    world.state.apply({ type: "address.created", record: lost });
    put(world, "web", inNetwork);
    expect(given(world)).toEqual(["10.211.0.1 rests", "10.211.0.2"]);
  });

  test("a snapshot and an undone tick have the same addresses as before", () => {
    const world = new World();
    put(world, "web", inNetwork);
    const text = [...writeSnapshot(world.state)].join("\n");
    const { serviceId } = world.state.serviceNamed("web")!;
    const tick = world.tick({ type: "removeService", serviceId });
    expect(given(world)).toEqual(["10.211.0.1 rests"]);
    tick.undo();
    expect([...writeSnapshot(world.state)].join("\n")).toBe(text);
    expect(world.state.addresses.of("service", serviceId) as unknown).toBe("10.211.0.1");
    const read = readSnapshot([...writeSnapshot(world.state)]);
    expect(read.addresses.of("service", serviceId) as unknown).toBe("10.211.0.1");
    expect([read.addresses.hasWork, read.addresses.free("service")] as unknown[]).toEqual([false, "10.211.0.2"]);
  });
});

describe("the book of addresses", () => {
  const two: AddressSpace = { ...addressSpaces.service, size: 2 };
  const address = (number: number, id: string, restsUntil: string | null = null): Address => ({
    ...{ address: two.at(number), owner: { kind: "service", id }, givenAt: toTimestamp(0) },
    restsUntil,
  });
  const service = (serviceId: string) => ({ serviceId, network: { app: "shop" } }) as never;

  test("an owner waits while no address is free", () => {
    const book = new AddressBook({ service: two, node: two });
    for (const id of ["a", "b", "c"]) book.serviceMoved(null, service(id));
    book.addressMoved(null, address(0, "a"));
    book.addressMoved(null, address(1, "b"));
    expect(book.isShort).toBe(true);
    expect([book.lacking.map(({ id }) => id), book.free("service"), book.hasWork] as unknown[]).toEqual([
      ["c"],
      null,
      false,
    ]);
    book.serviceMoved(service("a"), null);
    expect([book.orphans, book.hasWork] as unknown[]).toEqual([[two.at(0)], true]);
    const rests = address(0, "a", toTimestamp(60_000));
    book.addressMoved(address(0, "a"), rests);
    expect([book.orphans, book.hasWork, book.resting.first] as unknown[]).toEqual([[], false, 60_000]);
    book.addressMoved(rests, null);
    expect([book.free("service"), book.hasWork] as unknown[]).toEqual([two.at(0), true]);
  });

  test("spaces hold what is written, and nothing else", () => {
    const { service: virtual, node } = addressSpaces;
    expect([virtual.size, node.size]).toEqual([65_534, 256]);
    expect([virtual.at(0), virtual.at(virtual.size - 1)] as string[]).toEqual(["10.211.0.1", "10.211.255.254"]);
    expect([node.at(0), node.at(255)] as string[]).toEqual(["10.210.0.0/24", "10.210.255.0/24"]);
    for (const number of [0, 1, 255])
      expect([virtual.numberOf(virtual.at(number)), node.numberOf(node.at(number))]).toEqual([number, number]);
    for (const text of ["10.211.0.0", "10.211.255.255", "10.212.0.1", "10.210.0.1"])
      expect([text, virtual.numberOf(text)]).toEqual([text, -1]);
    for (const text of ["10.210.0.0", "10.210.0.0/25", "10.211.0.0/24", "10.210.0.1/24"])
      expect([text, node.numberOf(text)]).toEqual([text, -1]);
  });
});
