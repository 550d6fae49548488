// Addresses of servers, also those of IPv6.

import { expect, test } from "bun:test";
import { serverUrl } from "./server-url.ts";

test.each([
  ["127.0.0.1", 80, "http://127.0.0.1:80"],
  ["n1.example", 8080, "http://n1.example:8080"],
  ["::1", 8081, "http://[::1]:8081"],
])("%s and %d", (host, port, url) => {
  expect(serverUrl(host, port)).toBe(url);
  expect(new URL(url).port || "80").toBe(String(port));
});
