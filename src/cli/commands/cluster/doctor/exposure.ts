// Finds published ports that other machines can reach. Docker's rules come before those of the host's firewall, which
// surprises many people.

import { isLoopback } from "../../../../lib/ip-address.ts";
import { listed } from "../../../render/words.ts";
import { type Finding, field, finding, fine, textField } from "./finding.ts";

/** One published port: "web on n1: 0.0.0.0:80/tcp". */
interface Exposed {
  name: string;
  where: string;
  port: number;
}

/** From the master's list of tasks; `hostnames` by node id. */
export function exposedTasks(tasks: unknown, hostnames: ReadonlyMap<string, string>): Exposed[] {
  return list(tasks).flatMap((task) =>
    list(field(task, "publishedPorts")).flatMap((port) => {
      const node = hostnames.get(textField(task, "nodeId")) ?? textField(task, "nodeId");
      return exposed(`${textField(task, "name")} on ${node}`, port, "hostIp", "hostPort", "protocol");
    }),
  );
}

/** From the engine's list of containers: only those of Podling. */
export function exposedContainers(containers: unknown): Exposed[] {
  return list(containers)
    .filter((container) => textField(field(container, "Labels"), "podling.task") !== "")
    .flatMap((container) =>
      list(field(container, "Ports")).flatMap((port) => {
        const [name] = list(field(container, "Names"));
        return exposed(String(name ?? "a container").replace(/^\//, ""), port, "IP", "PublicPort", "Type");
      }),
    );
}

function exposed(name: string, port: unknown, address: string, number: string, protocol: string): Exposed[] {
  const hostIp = textField(port, address);
  const hostPort = Number(field(port, number));
  if (!Number.isInteger(hostPort) || hostPort === 0 || isLoopback(hostIp)) return [];
  const shown = hostIp.includes(":") ? `[${hostIp}]` : hostIp || "0.0.0.0";
  return [{ name, where: `${shown}:${hostPort}/${textField(port, protocol) || "tcp"}`, port: hostPort }];
}

/** `seen`: which ports were checked: "of the cluster". */
export function exposureFinding(ports: readonly Exposed[], seen: string, firewall: string | null): Finding {
  const check = "exposed ports";
  // Docker lists a port twice if it is open on IPv4 and IPv6.
  const words = [...new Set(ports.map(({ name, where }) => `${name} at ${where}`))];
  if (words.length === 0) return fine(check, `no published port ${seen} can be reached from other machines`);
  const own =
    firewall === null
      ? "Firewalls such as ufw do not block them, because Docker's iptables rules come first"
      : `${firewall} is active here but does not block them, because Docker's iptables rules come first`;
  return finding(
    check,
    firewall === null ? "note" : "warning",
    `other machines can reach ${listed(words)}. ${own}`,
    `Publish on 127.0.0.1 what only this machine needs (-p 127.0.0.1:${ports[0]!.port}:...). Block other machines in the chain DOCKER-USER: iptables -I DOCKER-USER ! -s 10.0.0.0/8 -p tcp -m conntrack --ctorigdstport ${ports[0]!.port} -j DROP`,
  );
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
