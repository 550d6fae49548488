// Amounts and durations as people write them, one row for each form, and texts that are no amount.

import { expect, test } from "bun:test";
import { formatCpu, formatMemory, parseCpu, parseDuration, parseMemory } from "./quantity.ts";

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

const cpus: [written: string | number, cores: number | undefined][] = [
  ["500m", 0.5],
  ["0.5", 0.5],
  [0.5, 0.5],
  [".5", 0.5],
  [" 2 ", 2],
  ["1500m", 1.5],
  ["1m", 0.001],
  [0, 0],
  ["0m", 0],
  // Less than can be counted is the least that can be, not nothing: nothing would mean "no limit".
  ["0.4m", 0.001],
  ["0.0001", 0.001],
  ["0.1234", 0.123],
  ["", undefined],
  ["m", undefined],
  ["-1", undefined],
  [-1, undefined],
  ["1.", undefined],
  ["1e1", 10],
  ["5E-1", 0.5],
  ["1e", undefined],
  ["e3", undefined],
  ["500M", undefined],
  ["half", undefined],
  [Number.NaN, undefined],
  [Number.POSITIVE_INFINITY, undefined],
];

test.each(cpus)("cpu %p is %p cores", (written, cores) => {
  expect(parseCpu(written)).toBe(cores as number);
});

const memories: [written: string | number, bytes: number | undefined][] = [
  ["512Mi", 512 * MiB],
  ["512m", 512 * MiB],
  ["512M", 512 * MiB],
  ["512MB", 512 * MiB],
  ["512MiB", 512 * MiB],
  ["512 MiB", 512 * MiB],
  [".5g", 512 * 1024 ** 2],
  ["1.5g", 1.5 * GiB],
  ["2k", 2 * KiB],
  ["1t", 1024 * GiB],
  ["100", 100],
  ["100b", 100],
  [1048576, MiB],
  [0, 0],
  ["0", 0],
  ["0.1", 1],
  ["5i", undefined],
  ["5ib", undefined],
  ["", undefined],
  ["Mi", undefined],
  ["-512m", undefined],
  [-1, undefined],
  ["12x", undefined],
  ["1,5g", undefined],
  ["512mm", undefined],
  ["1e8", 100_000_000],
  [1e21, 1e21],
  ["1e999", undefined],
  [Number.NaN, undefined],
];

test.each(memories)("memory %p is %p bytes", (written, bytes) => {
  expect(parseMemory(written)).toBe(bytes as number);
});

const durations: [written: string, ms: number | undefined][] = [
  ["30s", 30_000],
  ["5m", 300_000],
  ["1h30m", 5_400_000],
  ["250ms", 250],
  ["1.5s", 1500],
  ["2d", 172_800_000],
  ["10", 10_000],
  ["0", 0],
  ["1m30s", 90_000],
  ["", undefined],
  ["-5s", undefined],
  ["s", undefined],
  ["5 s", undefined],
  ["5w", undefined],
  ["soon", undefined],
];

test.each(durations)("the duration %p is %p ms", (written, ms) => {
  expect(parseDuration(written)).toBe(ms as number);
});

const shown: [bytes: number, text: string][] = [
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1 KiB"],
  [310 * MiB, "310 MiB"],
  [1.5 * GiB, "1.5 GiB"],
  [16 * 1024 * GiB, "16 TiB"],
  [4096 * 1024 * GiB, "4096 TiB"],
  [-512 * MiB, "-512 MiB"],
];

test.each(shown)("%p bytes are shown as %p", (bytes, text) => {
  expect(formatMemory(bytes)).toBe(text);
});

test("cores are shown without needless digits", () => {
  expect([0.5, 2, 0.1 + 0.2, 1.2345].map(formatCpu)).toEqual(["0.5", "2", "0.3", "1.235"]);
});
