// podling doctor: what is wrong with this machine and its cluster, and what to do about it.

import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { counted } from "../../render/backup.ts";
import { type Colour, oneLine, type Style } from "../../render/style.ts";
import { examine } from "./doctor/examine.ts";
import type { Finding, Severity } from "./doctor/finding.ts";
import { dataFolder } from "./role-flags.ts";

const colours: Record<Severity, Colour> = { ok: "green", note: "dim", warning: "yellow", problem: "red" };

export const doctor: Command = {
  name: "doctor",
  summary: "Look at this machine and its cluster, and say what is wrong and what helps",
  usage: "[flags]",
  description: [
    "Looks at the master, the engine, clocks, versions, disks, data folders, ports, and at published ports that other machines can reach. It changes nothing, and needs neither master nor engine nor token: what is missing is a finding. Each look takes at most a few seconds.",
    "Returns 0 when nothing is a problem (warnings and notes may be), 1 otherwise.",
  ],
  flags: [
    {
      long: "data-dir",
      value: "FOLDER",
      description: "the folder with both roles' folders, as podling up has it; left out: where the system keeps them",
      completes: "folders",
    },
    { long: "docker-host", value: "URL", description: "the engine: unix:///var/run/docker.sock", env: "DOCKER_HOST" },
    { long: "worker-port", value: "PORT", description: "port of this machine's worker", default: "8081" },
  ],
  outputs: ["table", "json"],
  examples: [
    ["podling doctor", "what is wrong?"],
    ["podling doctor -o json | jq -r '.findings[] | select(.severity == \"problem\") | .message'", "for a program"],
    ["podling doctor --master http://10.0.0.1:8080", "from a worker's machine"],
  ],
  async run(context) {
    const { flags, io } = context;
    context.masterUrl(); // one that is no address is the caller's mistake, not a finding
    const given = flags.text("data-dir");
    const folder = (role: "master" | "worker") =>
      given === undefined ? dataFolder(context, role) : `${given}/${role}`;
    const findings = await examine({
      context,
      engineHost: flags.text("docker-host") || io.env.DOCKER_HOST || "unix:///var/run/docker.sock",
      folders: { master: folder("master"), worker: folder("worker") },
      workerPort: flags.integer("worker-port", 1, 65_535)!,
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
  await context.out(findings.map((finding) => lines(finding, width, style)).join(""));
  await context.out(`${sum}\n`);
}

/** "problem  master  cannot reach ..." and beneath it what to do. */
function lines({ check, severity, message, fix }: Finding, width: number, style: Style): string {
  const left = `${style.paint(severity.padEnd(7), colours[severity])}  ${check.padEnd(width)}  `;
  const next = fix === null ? "" : `${" ".repeat(7 + 2 + width + 2)}${oneLine(fix)}\n`;
  return `${left}${oneLine(message)}\n${next}`;
}
