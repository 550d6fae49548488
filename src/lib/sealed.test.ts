// Sealing: what opens with the key, and what does not open.

import { expect, test } from "bun:test";
import { keyBytes, keyIdOf, nonceBytes, seal, unseal } from "./sealed.ts";

const key = new Uint8Array(keyBytes).fill(7);
const nonce = new Uint8Array(nonceBytes).fill(1);
const bytes = new TextEncoder().encode("the canary sings");
const sealed = seal(key, nonce, bytes, "secret a");

test("it opens with the key and the purpose, and shows nothing of its content", () => {
  expect(Buffer.from(unseal(key, sealed, "secret a")!).toString()).toBe("the canary sings");
  expect(unseal(key, seal(key, nonce, new Uint8Array(0), "p"), "p")).toHaveLength(0);
  const text = JSON.stringify(sealed);
  for (const word of [
    "canary",
    Buffer.from("canary").toString("base64").slice(0, 7),
    Buffer.from(key).toString("base64"),
  ])
    expect(text).not.toContain(word);
  expect(sealed.keyId).toBe(keyIdOf(key));
});

test("it does not open with another key, for another purpose, or when a byte was changed", () => {
  expect(unseal(new Uint8Array(keyBytes).fill(8), sealed, "secret a")).toBeNull();
  expect(unseal(key, sealed, "secret b")).toBeNull();
  const text = Buffer.from(sealed.text, "base64");
  for (let at = 0; at < text.length; at++) {
    const changed = Buffer.from(text);
    changed[at]! ^= 1;
    expect(unseal(key, { ...sealed, text: changed.toString("base64") }, "secret a")).toBeNull();
  }
  const other = Buffer.from(nonce).fill(2).toString("base64");
  expect(unseal(key, { ...sealed, nonce: other }, "secret a")).toBeNull();
  for (const broken of ["", "AAAA"]) expect(unseal(key, { ...sealed, text: broken }, "secret a")).toBeNull();
});
