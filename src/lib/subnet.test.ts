// Ranges of addresses: what is one, and what it holds.

import { expect, test } from "bun:test";
import { addressNumber, addressText, isInSubnet, parseSubnet, subnetsOverlap } from "./subnet.ts";

test("an address is a number, and back", () => {
  for (const [text, number] of [
    ["0.0.0.0", 0],
    ["10.210.1.2", 181_534_978],
    ["255.255.255.255", 4_294_967_295],
  ] as const) {
    expect(addressNumber(text)).toBe(number);
    expect(addressText(number)).toBe(text);
  }
});

test("a range begins with its first address", () => {
  expect(parseSubnet("10.210.0.0/16")).toEqual({ first: addressNumber("10.210.0.0"), size: 65_536 });
  expect(parseSubnet("0.0.0.0/0")).toEqual({ first: 0, size: 2 ** 32 });
  expect(parseSubnet("10.0.0.7/32")).toEqual({ first: addressNumber("10.0.0.7"), size: 1 });
  for (const text of [
    "10.210.1.0/16",
    "10.210.0.0",
    "10.210.0.0/33",
    "10.210.0.0/016",
    "256.0.0.0/8",
    "010.0.0.0/8",
    "::/0",
    "",
  ])
    expect([text, parseSubnet(text)]).toEqual([text, null]);
});

test("what is in a range", () => {
  for (const [address, subnet, inside] of [
    ["10.210.1.0", "10.210.1.0/24", true],
    ["10.210.1.255", "10.210.1.0/24", true],
    ["10.210.2.0", "10.210.1.0/24", false],
    ["10.210.0.255", "10.210.1.0/24", false],
    ["200.1.2.3", "128.0.0.0/1", true],
    ["10.210.1.1", "no range", false],
  ] as const)
    expect([address, subnet, isInSubnet(address, subnet)]).toEqual([address, subnet, inside]);
});

test("ranges overlap if one holds the other", () => {
  const overlap = (left: string, right: string) => subnetsOverlap(parseSubnet(left)!, parseSubnet(right)!);
  expect(overlap("10.0.0.0/8", "10.210.0.0/16")).toBe(true);
  expect(overlap("10.210.0.0/16", "10.0.0.0/8")).toBe(true);
  expect(overlap("10.210.0.0/16", "10.211.0.0/16")).toBe(false);
});
