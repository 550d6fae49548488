// Which mappings of the executable are unmapped, and that a process goes on after it.

import { expect, test } from "bun:test";
import { cleanMappings } from "./executable-pages.ts";

const mapping = (line: string, anonymous = 0, swap = 0) => `${line}
Size:              79912 kB
Rss:               31752 kB
Shared_Clean:          8 kB
Shared_Dirty:          0 kB
Private_Clean:     31744 kB
Private_Dirty:        12 kB
Anonymous:      ${String(anonymous).padStart(8)} kB
Swap:           ${String(swap).padStart(8)} kB
VmFlags: rd ex mr mw me
`;

const file = "/opt/pod ling/podling";

test("only mappings of the file that are not writable and have no changed page are unmapped", () => {
  const smaps = [
    mapping(`00200000-01a39000 r--p 00000000 fe:00 2408551                            ${file}`),
    mapping(`01a40000-0684a000 r-xp 01838000 fe:00 2408551                            ${file}`),
    mapping(`0684a000-0685f000 rw-p 06641000 fe:00 2408551                            ${file}`),
    mapping(`0685f000-06867000 r--p 06656000 fe:00 2408551                            ${file}`, 12),
    mapping(`0685f000-06867000 r--p 06656000 fe:00 2408551                            ${file}`, 0, 12),
    mapping("7faa661b1000-7faa66307000 r-xp 00026000 fe:00 26  /usr/lib/libc.so.6"),
    mapping("48f25800000-48f65800000 rw-p 00000000 00:00 0"),
  ].join("");
  expect(cleanMappings(smaps, file)).toEqual([
    { start: 0x200000n, bytes: 0x1839000n },
    { start: 0x1a40000n, bytes: 0x4e0a000n },
  ]);
  expect(cleanMappings(smaps, "/opt/pod ling/podling (deleted)")).toEqual([]);
});

const script = `
  import { readFileSync } from "node:fs";
  import { unmapExecutable } from "${import.meta.dir}/executable-pages.ts";
  const resident = () => Number(/RssFile:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
  const before = resident();
  await unmapExecutable();
  const after = resident();
  Bun.gc(true);
  process.stdout.write(JSON.stringify({ less: after < before, works: [3, 1, 2].sort().join() }));
`;

test.skipIf(process.platform !== "linux")("a process has fewer pages of its file mapped, and goes on", async () => {
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "inherit" });
  expect(JSON.parse(await new Response(child.stdout).text())).toEqual({ less: true, works: "1,2,3" });
  expect(await child.exited).toBe(0);
});
