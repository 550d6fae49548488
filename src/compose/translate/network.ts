// Names, DNS and published ports.

import type { Draft } from "./draft.ts";
import type { Problems } from "./problems.ts";
import type { Source } from "./source.ts";

export function addNetwork(draft: Draft, service: Source): void {
  const mode = service.at("network_mode");
  draft.set("network.mode", mode.text, mode);
  draft.set("network.hostname", service.at("hostname").text, service.at("hostname"));
  const hosts = service.at("extra_hosts");
  const lines = hosts.items().map(({ text = "" }) => {
    const equals = text.indexOf("=");
    return { host: text.slice(0, equals), address: text.slice(equals + 1) };
  });
  if (lines.length > 0) draft.set("network.extraHosts", lines, hosts);
  const dns = { dns: "servers", dns_search: "search", dns_opt: "options" };
  for (const [key, field] of Object.entries(dns))
    draft.set(`network.dns.${field}`, service.at(key).texts, service.at(key));
}

/** Services publish on the address of the node by themselves; the tasks of a job need it in the input. */
export function addPorts(draft: Draft, service: Source, kind: "service" | "job", problems: Problems): void {
  for (const port of service.at("ports").items()) {
    const published = port.at("published");
    if (/^[0-9]+-[0-9]+$/.test(published.text ?? "")) {
      const why = "Podling chooses no port of a range";
      problems.error(published.path, why, "Write one port, or leave it out: then the engine chooses one.");
      continue;
    }
    const [hostIp, mode, name] = [port.at("host_ip"), port.at("mode"), port.at("name")];
    const hostPort =
      published.isGiven && published.text !== "0" && published.text !== "" ? published.number : undefined;
    const item = {
      ...(name.isGiven ? { name: name.text } : {}),
      containerPort: port.at("target").number,
      ...(hostPort === undefined ? {} : { hostPort }),
      protocol: port.at("protocol").text ?? "tcp",
      ...(hostIp.isGiven ? { hostIp: hostIp.text } : kind === "job" ? { hostIp: "node" } : {}),
      ...(kind === "service" && mode.text === "host" ? { mode: "host" } : {}),
    };
    draft.add("ports", item, port);
  }
}
