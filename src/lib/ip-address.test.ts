// Which texts are IP addresses, and which listeners collide.

import { expect, test } from "bun:test";
import { addressesOverlap, isIpAddress, isLoopback } from "./ip-address.ts";

test.each(["127.0.0.1", "0.0.0.0", "255.255.255.255", "::", "::1", "fe80::1"])("%s is an address", (text) => {
  expect(isIpAddress(text)).toBe(true);
});

test.each(["", "localhost", "1.2.3", "256.0.0.1", "127.0.0.01", "010.0.0.1", "127.000.000.001", "::1%eth0", "[::1]"])(
  "%p is none",
  (text) => {
    expect(isIpAddress(text)).toBe(false);
  },
);

test.each([
  ["127.0.0.1", "127.0.0.1", true],
  ["127.0.0.1", "127.0.0.2", false],
  ["0.0.0.0", "127.0.0.2", true],
  ["127.0.0.1", "::", true],
])("%s and %s collide: %p", (left, right, collide) => {
  expect(addressesOverlap(left, right)).toBe(collide);
});

test.each([
  ["127.0.0.1", true],
  ["127.1.2.3", true],
  ["::1", true],
  ["localhost", true],
  ["0.0.0.0", false],
  ["::", false],
  ["192.168.1.1", false],
  ["localhost.example", false],
])("%s is loopback: %p", (address, yes) => {
  expect(isLoopback(address)).toBe(yes);
});
