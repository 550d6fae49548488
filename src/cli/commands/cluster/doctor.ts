// podling doctor: checks this machine and its cluster, and prints findings with their fixes.

import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { type Colour, oneLine, type Style } from "../../render/style.ts";
import { counted } from "../../render/words.ts";
import { wrapAfter } from "../../render/wrap.ts";
import { examine } from "./doctor/examine.ts";
import type { Finding, Severity } from "./doctor/finding.ts";
import { dataFolder } from "./role-flags.ts";

const colours: Record<Severity, Colour> = { ok: "green", note: "dim", warning: "yellow", problem: "red" };

export const doctor: Command = {
  name: "doctor",
  summary: "Check this machine and the cluster for problems",
  usage: "[flags]",
  description: [
    "Checks the master, tasks that failed in the last hour, the engine and its bridge network, clocks, versions, disks, data folders, ports, and published ports that other machines can reach, and says how to fix what it finds. It changes nothing. It works without a master, engine or token: what is missing becomes a finding. Each check takes at most a few seconds.",
    "The exit code is 0 without problems (warnings and notes do not count), and 1 otherwise.",
  ],
  flags: [
    {
      long: "data-dir",
      value: "FOLDER",
      description:
        "folder with the subfolders master and worker, as for podling up; by default those that are in use here, else the usual ones",
      completes: "folders",
    },
    {
      long: "docker-host",
      value: "URL",
      description: "address of the container engine; by default that of the worker here, else the usual socket",
      env: "DOCKER_HOST",
    },
    {
      long: "worker-port",
      value: "PORT",
      description: "port of the worker on this machine; by default that of the node here, else 8081",
    },
  ],
  outputs: ["table", "json"],
  examples: [
    ["podling doctor", "check this machine"],
    ["podling doctor -o json | jq '.findings[] | select(.fix)'", "print only findings with a fix, as JSON"],
    ["podling doctor --master http://10.0.0.1:8080", "check from the machine of a worker"],
  ],
  async run(context) {
    const { flags, io } = context;
    await context.target(); // An invalid URL is a usage error, not a finding.
    const given = flags.text("data-dir");
    const folder = (role: "master" | "worker") =>
      given === undefined ? dataFolder(context, role) : `${given}/${role}`;
    const findings = await examine({
      context,
      engineHost: flags.text("docker-host") || io.env.DOCKER_HOST || null,
      folders: { master: folder("master"), worker: folder("worker") },
      foldersGiven: given !== undefined,
      workerPort: flags.integer("worker-port", 1, 65_535) ?? null,
    });
    const count = (severity: Severity) => findings.filter((one) => one.severity === severity).length;
    const [problems, warnings, notes] = [count("problem"), count("warning"), count("note")];
    if (context.output() === "json") await context.outJson({ problems, warnings, notes, findings });
    else
      await show(
        context,
        findings,
        [counted(problems, "problem"), counted(warnings, "warning"), counted(notes, "note")].join(", "),
      );
    return problems === 0 ? exitCodes.done : exitCodes.error;
  },
};

async function show(context: Context, findings: readonly Finding[], sum: string): Promise<void> {
  const style = context.style("stdout");
  const width = Math.max(...findings.map(({ check }) => check.length));
  await context.out(findings.map((finding) => lines(finding, width, style, context.tableWidth())).join(""));
  await context.out(`${sum}\n`);
}

/** "problem  master  cannot reach ...", and the fix on the next line. */
function lines(
  { check, severity, message, fix }: Finding,
  width: number,
  style: Style,
  columns: number | null,
): string {
  const title = severity.padEnd(7);
  const left = `${title}  ${check.padEnd(width)}  `;
  const text = wrapAfter(left, oneLine(message), columns);
  const next = fix === null ? "" : wrapAfter(" ".repeat(left.length), oneLine(fix), columns);
  return `${style.paint(title, colours[severity])}${text.slice(title.length)}${next}`;
}
