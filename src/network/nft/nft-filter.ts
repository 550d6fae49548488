// The packet filter by the program `nft`. Each change is one call, because a call is one transaction of the kernel.

import type { PacketFilter } from "../packet-filter.ts";
import { changeOf, loadOf, rulesetOf } from "../traffic/ruleset.ts";
import type { TrafficPlan } from "../traffic/traffic-plan.ts";
import { sameShape, shapeOf, shapeOfListing } from "./listing.ts";

/** Runs nft with these arguments and this input; throws with its message if it fails. */
export type RunNft = (args: readonly string[], input: string) => Promise<string>;

const tables = ["ip podling", "bridge podling"];

export class NftFilter implements PacketFilter {
  readonly #run: RunNft;
  /** What the kernel has; null until the first load, and after a call that failed. */
  #applied: TrafficPlan | null = null;
  /** The last plan that was asked for. */
  #wanted: TrafficPlan | null = null;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(run: RunNft = runNft()) {
    this.#run = run;
  }

  apply(plan: TrafficPlan): Promise<"loaded" | "changed" | "unchanged"> {
    return this.#next(() => this.#apply(plan));
  }

  async #apply(plan: TrafficPlan): Promise<"loaded" | "changed" | "unchanged"> {
    this.#wanted = plan;
    if (this.#applied !== null) {
      const change = changeOf(this.#applied, plan);
      if (change === "") {
        this.#applied = plan;
        return "unchanged";
      }
      try {
        await this.#run(["-f", "-"], change);
        this.#applied = plan;
        return "changed";
      } catch {
        // Another program has removed what the change builds on, or it is wrong: the whole table replaces both.
        this.#applied = null;
      }
    }
    await this.#run(["-f", "-"], loadOf(plan));
    this.#applied = plan;
    return "loaded";
  }

  repair(): Promise<boolean> {
    return this.#next(async () => {
      if (this.#wanted === null || (this.#applied !== null && (await this.#isWhole(this.#applied)))) return false;
      this.#applied = null;
      await this.#apply(this.#wanted);
      return true;
    });
  }

  async #isWhole(plan: TrafficPlan): Promise<boolean> {
    const { ip, bridge } = rulesetOf(plan);
    for (const table of [ip, bridge]) {
      const listing = await this.#run(["-j", "list", "table", table.family, table.name], "").catch(() => null);
      if (listing === null || !sameShape(shapeOf(table), shapeOfListing(listing))) return false;
    }
    return true;
  }

  clear(): Promise<void> {
    return this.#next(async () => {
      this.#wanted = null;
      this.#applied = null;
      await this.#run(["-f", "-"], tables.map((table) => `add table ${table}\ndelete table ${table}\n`).join(""));
    });
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}

/** `prefix`: a command that runs nft elsewhere, such as in another network namespace. */
export function runNft(prefix: readonly string[] = []): RunNft {
  return async (args, input) => {
    if (prefix.length === 0 && Bun.which("nft") === null)
      throw new Error("the program nft is missing: install nftables");
    const child = Bun.spawn([...prefix, "nft", ...args], { stdin: Buffer.from(input), stdout: "pipe", stderr: "pipe" });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    if (code !== 0) throw new Error(`nft ${args.join(" ")}: ${err.trim().slice(0, 1_000) || `exit code ${code}`}`);
    return out;
  };
}
