// The settings of this machine by its own programs: a shell, ip, bridge, and iptables where it is there.

import type { MachineNeeds, MachineNetwork } from "../machine-network.ts";
import { machineScript } from "./machine-script.ts";
import { overlapsOf, overlapText } from "./overlaps.ts";
import { routeMark, tunnelInterfaces } from "./tunnel-script.ts";

export class ShellMachine implements MachineNetwork {
  readonly #prefix: readonly string[];

  /** `prefix`: a command that runs the shell elsewhere, such as in another network namespace. */
  constructor(prefix: readonly string[] = []) {
    this.#prefix = prefix;
  }

  async prepare(needs: MachineNeeds): Promise<{ hardwareAddress: string }> {
    const out = await this.#run(["sh"], machineScript(needs));
    const hardwareAddress = /^bridge ([0-9a-f:]{17})$/m.exec(out)?.[1];
    if (hardwareAddress !== undefined) return { hardwareAddress };
    throw new Error(`the network of this machine could not be prepared: there is no interface ${needs.bridge}`);
  }

  async overlaps(ranges: readonly string[], bridge: string): Promise<string[]> {
    const listing = await this.#run(["ip", "-j", "-4", "route", "show"], "");
    return overlapsOf(listing.trim(), ranges, new Set([bridge, ...tunnelInterfaces]), routeMark).map(overlapText);
  }

  async #run(command: readonly string[], input: string): Promise<string> {
    const child = Bun.spawn([...this.#prefix, ...command], {
      stdin: Buffer.from(input),
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    if (code === 0) return out;
    throw new Error(`the network of this machine could not be prepared: ${err.trim() || `exit code ${code}`}`);
  }
}
