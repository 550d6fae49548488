// Rows of the section networks of a file.

import { alike, below, type KeyRow, refused, unlessOff } from "../row.ts";

const none = "There are no networks of users yet: every container is in the engine's default network of its node.";
const published = "Take it out; services reach one another over published ports.";

export const networkRows: readonly KeyRow[] = [
  refused("networks", none, published),
  ...below("networks.*", [
    ...alike(
      refused,
      "name driver driver_opts ipam ipam.driver ipam.options ipam.config external external.name",
      none,
      published,
    ),
    ...below("ipam.config[]", alike(refused, "subnet ip_range gateway aux_addresses", none, published)),
    unlessOff(
      refused(
        "internal",
        "The default network of an engine leads outside.",
        "Write network_mode: none for a service without a network.",
      ),
    ),
    ...alike(refused, "enable_ipv4 enable_ipv6 attachable labels", none, published),
  ]),
];
