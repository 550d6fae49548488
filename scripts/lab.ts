// The command line of the lab's clean-up (scripts/lab). tools/lab/reaper.ts does the work.

import { allClaims, isOwned } from "../tools/lab/claim.ts";
import { reapLeftovers } from "../tools/lab/reaper.ts";

const [command, flag] = process.argv.slice(2);
if (command === "down" && (flag === undefined || flag === "--all")) {
  const removed = await reapLeftovers(flag === "--all");
  process.stdout.write(`${removed.map((folder) => `removed ${folder}\n`).join("")}${removed.length} labs removed\n`);
} else if (command === "ls" && flag === undefined) {
  for (const { folder } of allClaims()) process.stdout.write(`${folder} ${isOwned(folder) ? "in use" : "left over"}\n`);
} else {
  process.stderr.write("usage: scripts/lab ls | down [--all]\n");
  process.exit(64);
}
