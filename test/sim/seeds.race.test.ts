// Several hundred clusters, over the cores, by the command line that users have: PODLING_SEEDS says how many. One in
// twenty is run twice.

import { expect, test } from "bun:test";
import { join } from "node:path";

const seeds = Number(process.env.PODLING_SEEDS ?? "4");
const main = join(import.meta.dir, "../../src/main.ts");
/** Beyond those that the quick tests run. */
const first = 1000;
/** A second or two each on one core. */
const patienceMs = 30_000 + seeds * 10_000;

test(
  `${seeds} seeds`,
  async () => {
    const words = ["sim", "--seed", `${first}`, "--seeds", `${seeds}`, "--hours", "0.05", "--shrink"];
    const child = Bun.spawn([process.execPath, main, ...words], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    // The failures with their commands are what a reader needs.
    expect({ code, out: code === 0 ? "" : out, err: code === 0 ? "" : err }).toEqual({ code: 0, out: "", err: "" });
    process.stdout.write(out);
    expect(out).toMatch(new RegExp(`^seeds +${seeds.toLocaleString("en-US")}; `, "m"));
  },
  patienceMs,
);
