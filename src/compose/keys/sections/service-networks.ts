// Rows of the keys of a service for ports, names and networks.

import { alike, below, butFor, changed, honoured, ignored, type KeyRow, refused, text } from "../row.ts";

const noNames = "There are no networks of users yet: the name of another service does not lead to it.";
const published = "Publish a port, and give the program the address of the node.";

const onEachNode =
  "It is a port of the node that runs the replica; there is no common address yet. Two replicas with one fixed port need two nodes.";
const addresses = "podling service endpoints NAME shows the addresses. Left out, the engine chooses a port.";

const ownNetwork = text(/^(bridge|host|none)$/);

export const serviceNetworkRows: readonly KeyRow[] = below("services.*", [
  honoured("ports"),
  ...below("ports[]", [
    ...alike(honoured, "target protocol name", ""),
    changed("published", onEachNode, addresses),
    butFor(changed("mode", onEachNode, addresses), "host", text(/^host$/), honoured("")),
    honoured("host_ip", "Left out, it is the address under which other machines reach the node."),
    ignored("app_protocol", "Podling passes bytes on, whatever the protocol.", ""),
  ]),
  ignored(
    "expose",
    "It opens nothing in Compose either: containers of one network reach all ports of one another.",
    published,
  ),
  ...alike(honoured, "dns dns_opt dns_search extra_hosts", ""),
  ...alike(refused, "links external_links", noNames, published),
  butFor(
    honoured("network_mode", "With host or none, no port can be published."),
    "all but bridge, host and none",
    (value) => typeof value === "string" && !ownNetwork(value),
    refused(
      "",
      "A container joins no network of another one, and no network of users.",
      "Leave it out, or run both as a pod (docs/PODS.md).",
    ),
  ),
  refused("mac_address", "The engine chooses it, and the program may be bound to it.", "Leave it out."),
  ...alike(
    refused,
    [
      "networks",
      ...[
        "aliases",
        "interface_name",
        "ipv4_address",
        "ipv6_address",
        "link_local_ips",
        "mac_address",
        "driver_opts",
      ].map((key) => `networks.*.${key}`),
      "networks.*.priority networks.*.gw_priority",
    ].join(" "),
    noNames,
    published,
  ),
]);
