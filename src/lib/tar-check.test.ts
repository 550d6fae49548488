// The check of tar archives, in pieces of any size.

import { expect, test } from "bun:test";
import { TarCheck } from "./tar-check.ts";

/** One block with the magic word of a header, one with content, and the end. */
function archive(): Uint8Array {
  const bytes = new Uint8Array(4 * 512);
  bytes.set(new TextEncoder().encode("ustar"), 257);
  bytes.fill(7, 512, 1024);
  return bytes;
}

function faultOf(bytes: Uint8Array, pieceBytes: number): string | null {
  const check = new TarCheck();
  for (let at = 0; at < bytes.length; at += pieceBytes) check.push(bytes.subarray(at, at + pieceBytes));
  expect(check.bytes).toBe(bytes.length);
  return check.endFault();
}

test.each([1, 7, 511, 512, 513, 4096])("pieces of %d bytes", (pieceBytes) => {
  const whole = archive();
  expect(faultOf(whole, pieceBytes)).toBeNull();
  for (const cut of [512, 1024, 1536, 2047]) {
    expect(faultOf(whole.subarray(0, cut), pieceBytes)).toBe(`it was cut off after ${cut} bytes`);
  }
  expect(faultOf(whole.subarray(0, 100), pieceBytes)).toBe("it is no tar archive");
  expect(faultOf(new Uint8Array(4096).fill(1), pieceBytes)).toBe("it is no tar archive");
  expect(faultOf(new Uint8Array(0), pieceBytes)).toBe("it is empty");
});

test("the beginning says early that it is no archive", () => {
  const check = new TarCheck();
  check.push(new Uint8Array(500));
  expect(check.beginFault()).toBeNull();
  check.push(new Uint8Array(500));
  expect(check.beginFault()).toBe("it is no tar archive");
});
