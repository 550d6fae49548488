// A DNS server in a process of its own, so that a test can run it in another network namespace: dns-child.ts ADDRESS TABLE.

import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { DnsServer } from "../../src/network/dns/dns-server.ts";

const [, , address, table] = process.argv;
await DnsServer.start(
  { address: address!, port: 53, clock: systemClock, random: systemRandom, resolvers: () => [] },
  JSON.parse(table!),
);
process.stdout.write("ready\n");
