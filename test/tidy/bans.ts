// Code that may not appear: real clocks and randomness where the simulation runs, `any`, console output, unfinished work.

import { codeLines, folderOf, isTest, type Project } from "./project.ts";

/** Folders of src that the simulation runs: time and randomness are passed in. */
const SIMULATED = ["model", "core", "journal", "api", "master", "worker", "runtime", "network"];

/** All of src: one executable loads the modules of its platform at every start. */
const PRODUCT = [...SIMULATED, "cli", "lib", "sim"];

export interface Ban {
  pattern: RegExp;
  folders: string[] | "all";
  /** Files that the ban is not for, with the reason. */
  except?: Record<string, string>;
  /** True when comments count, too. */
  comments?: boolean;
  why: string;
}

const CLOCK = "time is passed in (lib/clock.ts), so that simulation and replay see the same";
const RANDOM = "randomness is passed in (lib/random.ts), so that the same seed gives the same decisions";

export const BANS: Ban[] = [
  { pattern: /\bDate\.now\b|\bnew Date\(\s*\)/, folders: SIMULATED, why: CLOCK },
  { pattern: /\bperformance\./, folders: SIMULATED, why: CLOCK },
  {
    pattern: /\b(setTimeout|setInterval|setImmediate)\(|\bBun\.sleep|\bAbortSignal\.timeout\(/,
    folders: SIMULATED,
    except: {
      "src/runtime/docker/engine-http.ts": "timeouts of a real socket; the simulated runtime replaces it",
      "src/runtime/docker/checks.ts": "timeouts of a real socket; the simulated runtime replaces it",
      "src/runtime/docker/exec.ts": "timeouts of a real socket; the simulated runtime replaces it",
    },
    why: CLOCK,
  },
  { pattern: /\bMath\.random\b|\bcrypto\.(random|getRandom)|\brandomBytes\b/, folders: SIMULATED, why: RANDOM },
  { pattern: /:\s*any\b|\bas any\b|<any\b|\bany\[\]/, folders: "all", why: "any turns the type checker off" },
  {
    pattern: /\bconsole\./,
    folders: "all",
    why: "output is an interface: write to process.stdout or process.stderr, or use lib/log.ts",
  },
  {
    pattern: /from "node:(crypto|tty|net|zlib|http|https|stream|readline|util|child_process)[/"]/,
    folders: PRODUCT,
    why: "it loads streams at the start of every command (5 ms): import() it where it is used, or use what Bun has",
  },
  { pattern: /\bFIXME\b/, folders: "all", comments: true, why: "fix it, or write an issue and a TODO(#number)" },
  { pattern: /\bTODO\b(?!\(#\d+\))/, folders: "all", comments: true, why: "a TODO names its issue: TODO(#number)" },
  {
    pattern: /\/(utils|helpers|common|misc|base|manager)\.ts"/,
    folders: "all",
    why: "the name of a file says what is in it",
  },
];

export function bannedCode(project: Project, ban: Ban): string[] {
  const faults: string[] = [];
  for (const file of project.code) {
    if (file.startsWith("test/tidy") || ban.except?.[file]) continue;
    if (ban.folders !== "all" && (!file.startsWith("src/") || isTest(file) || !ban.folders.includes(folderOf(file))))
      continue;
    const lines = ban.comments ? project.read(file).split("\n") : codeLines(project.read(file));
    for (const [index, line] of lines.entries())
      if (ban.pattern.test(line)) faults.push(`${file}:${index + 1} ${line.trim()}\n  ${ban.why}`);
  }
  return faults;
}
