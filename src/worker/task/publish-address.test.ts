// Ports on the address of the node, as the worker gives them to the engine.

import { expect, test } from "bun:test";
import { unpackContainer } from "../../model/task/spec.ts";
import { PublishAddress } from "./publish-address.ts";

const ports = (...addresses: string[]) =>
  unpackContainer({
    image: "nginx",
    ports: addresses.map((hostIp) => ({ hostIp, hostPort: null, containerPort: 80, protocol: "tcp" })),
  });
const known = async (host: string) => (host === "n1.example" ? "10.0.0.7" : null);
const addressesOf = async (address: PublishAddress, ...written: string[]) =>
  (await address.filledIn(ports(...written))).ports.map(({ hostIp }) => hostIp);

test.each([
  ["10.0.0.5", "10.0.0.5"],
  ["n1.example", "10.0.0.7"],
  ["::1", "::1"],
])("a node that is registered with %s publishes on %s", async (registered, published) => {
  const address = new PublishAddress(null, known);
  address.registeredWith(registered);
  expect(await addressesOf(address, "node", "127.0.0.1")).toEqual([published, "127.0.0.1"]);
});

test("an address that was given comes first", async () => {
  const address = new PublishAddress("192.168.1.5", known);
  address.registeredWith("10.0.0.5");
  expect(await addressesOf(address, "node")).toEqual(["192.168.1.5"]);
});

test("a spec that does not say `node` stays as it is", async () => {
  const spec = ports("127.0.0.1");
  expect(await new PublishAddress(null, known).filledIn(spec)).toBe(spec);
});

test("a name without an address: the start fails with what to do, and is tried again", async () => {
  const address = new PublishAddress(null, known);
  address.registeredWith("nowhere.example");
  const failure = await address.filledIn(ports("node")).catch((error) => error);
  expect(failure).toMatchObject({ code: "create-failed", temporary: true });
  expect(failure.message).toContain("nowhere.example");
  expect(failure.message).toContain("--publish-address");
});
