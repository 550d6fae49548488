// The settings of this machine by its own programs: a shell, ip, bridge, and iptables where it is there.

import type { MachineNeeds, MachineNetwork } from "../machine-network.ts";
import { machineScript } from "./machine-script.ts";

export class ShellMachine implements MachineNetwork {
  readonly #prefix: readonly string[];

  /** `prefix`: a command that runs the shell elsewhere, such as in another network namespace. */
  constructor(prefix: readonly string[] = []) {
    this.#prefix = prefix;
  }

  async prepare(needs: MachineNeeds): Promise<{ hardwareAddress: string }> {
    const child = Bun.spawn([...this.#prefix, "sh"], {
      stdin: Buffer.from(machineScript(needs)),
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    const hardwareAddress = /^bridge ([0-9a-f:]{17})$/m.exec(out)?.[1];
    if (code === 0 && hardwareAddress !== undefined) return { hardwareAddress };
    throw new Error(`the network of this machine could not be prepared: ${err.trim() || `exit code ${code}`}`);
  }
}
