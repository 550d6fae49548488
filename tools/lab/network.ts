// The lab's network: one bridge with the address 10.99.N.1, one network namespace a host with 10.99.N.11 and up, and a
// second bridge for the containers of the lab's engine on this machine. All names start with podlabN-. It starts no
// process that keeps running.

const IPTABLES_MARK = "podlab";

export const bridgeName = (slot: number) => `podlab${slot}-br`;
export const containerBridgeName = (slot: number) => `podlab${slot}-d`;
export const namespaceName = (slot: number, host: string) => `podlab${slot}-${host}`;
const vethName = (slot: number, index: number) => `podlab${slot}-v${index}`;

export const bridgeAddress = (slot: number) => `10.99.${slot}.1`;
const hostAddress = (slot: number, index: number) => `10.99.${slot}.${10 + index}`;

/** Runs a command to its end, and throws its error output when it fails. */
export async function run(command: string[]): Promise<string> {
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code !== 0) throw new Error(`${command.join(" ")}: ${err.trim() || out.trim() || `exit code ${code}`}`);
  return out;
}

async function attempt(command: string[]): Promise<boolean> {
  return run(command).then(
    () => true,
    () => false,
  );
}

/** Needed because bridged traffic passes the FORWARD chain, which a Docker engine on this machine sets to drop. */
function forwardRule(slot: number): string[] {
  const interfaces = `podlab${slot}-+`;
  const mark = ["-m", "comment", "--comment", `${IPTABLES_MARK}${slot}`];
  return ["FORWARD", "-i", interfaces, "-o", interfaces, ...mark, "-j", "ACCEPT"];
}

export async function createNetwork(slot: number): Promise<void> {
  await removeNetwork(slot);
  await run(["ip", "link", "add", bridgeName(slot), "type", "bridge"]);
  await run(["ip", "addr", "add", `${bridgeAddress(slot)}/25`, "dev", bridgeName(slot)]);
  await run(["ip", "link", "set", bridgeName(slot), "up"]);
  await run(["iptables", "-w", "-I", ...forwardRule(slot)]);
}

/** The bridge for containers of the lab's engine on this machine, because docker0 belongs to the machine's engine. */
export async function createContainerBridge(slot: number): Promise<void> {
  await run(["ip", "link", "add", containerBridgeName(slot), "type", "bridge"]);
  await run(["ip", "addr", "add", `10.99.${slot}.129/25`, "dev", containerBridgeName(slot)]);
  await run(["ip", "link", "set", containerBridgeName(slot), "up"]);
}

export type HostLink = { namespace: string; veth: string; address: string };

export async function createHostLink(slot: number, host: string, index: number): Promise<HostLink> {
  const namespace = namespaceName(slot, host);
  const veth = vethName(slot, index);
  const address = hostAddress(slot, index);
  const inside = ["ip", "-n", namespace];
  await run(["ip", "netns", "add", namespace]);
  await run(["ip", "link", "add", veth, "type", "veth", "peer", "name", "eth0", "netns", namespace]);
  await run(["ip", "link", "set", veth, "master", bridgeName(slot), "up"]);
  await run([...inside, "addr", "add", `${address}/25`, "dev", "eth0"]);
  await run([...inside, "link", "set", "lo", "up"]);
  await run([...inside, "link", "set", "eth0", "up"]);
  await run([...inside, "route", "add", "default", "via", bridgeAddress(slot)]);
  return { namespace, veth, address };
}

export async function setLink(veth: string, state: "up" | "down"): Promise<void> {
  await run(["ip", "link", "set", veth, state]);
}

export async function removeNetwork(slot: number): Promise<void> {
  const prefix = `podlab${slot}-`;
  if (Bun.which("ip") === null) return;
  for (const line of (await run(["ip", "netns", "list"])).split("\n")) {
    const name = line.split(" ")[0] ?? "";
    if (name.startsWith(prefix)) await attempt(["ip", "netns", "del", name]);
  }
  for (const line of (await run(["ip", "-o", "link", "show"])).split("\n")) {
    const name = /^\d+: ([^:@]+)/.exec(line)?.[1] ?? "";
    if (name.startsWith(prefix)) await attempt(["ip", "link", "del", name]);
  }
  if (Bun.which("iptables") === null) return;
  while (await attempt(["iptables", "-w", "-D", ...forwardRule(slot)])) {
    // After two crashes the rule may exist twice.
  }
}
