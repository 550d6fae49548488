// The generated table of docs/COMPOSE.md: what becomes of compose files of other projects (test/compose/files).

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Finding, findingText } from "../../src/compose/findings.ts";
import { type ComposeDocument, type KeyReport, readCompose } from "../../src/compose/read-compose.ts";
import { translate } from "../../src/compose/translate/translate.ts";
import type { AppBody } from "../../src/model/app/app-input.ts";
import { code, table } from "./markdown.ts";

const folder = resolve(import.meta.dir, "../compose/files");

export interface OtherFile {
  name: string;
  /** As the first line of the file names the project, and where its file is. */
  title: string;
  address: string;
  document: ComposeDocument | null;
  input: AppBody;
  errors: readonly Finding[];
  report: readonly KeyReport[];
}

export const otherFileNames: readonly string[] = readdirSync(folder).sort();

export async function otherFile(file: string): Promise<OtherFile> {
  const text = readFileSync(join(folder, file), "utf8");
  const [, title = "", address = ""] = /^# (.+?): what (\S+) declares, in our own words/.exec(text) ?? [];
  // All other files that it names, such as .env, are there and have one variable.
  const read = async (path: string) => ({
    found: true as const,
    bytes: new TextEncoder().encode(path === "compose.yaml" ? text : "OTHER=1\n"),
  });
  const env = { ZULIP__POSTGRES_PASSWORD: "x", ZULIP__REDIS_PASSWORD: "x", HOME: "/home/user" };
  const name = file.replace(".yaml", "");
  const asked = { files: ["compose.yaml"], profiles: [], envFiles: [], env, cwd: `/home/user/${name}` };
  const { document, findings, report } = await readCompose(asked, { read });
  const translation = document ? translate(document, { app: String(document.value.name) }) : null;
  const errors = [...findings, ...(translation?.findings ?? [])].filter(({ level }) => level === "error");
  return { name, title, address, document, input: translation?.input ?? {}, errors, report };
}

export async function otherFilesTable(): Promise<string> {
  const files = await Promise.all(otherFileNames.map(otherFile));
  const runs = files.filter((file) => !isRefused(file));
  const unchanged = runs.filter(({ report }) => report.length === 0);
  const head = `Of ${files.length} files ${runs.length} run, ${unchanged.length} of them unchanged; ${files.length - runs.length} are refused.`;
  const rows = files.map((file) => [`[${file.title}](${file.address})`, outcomeOf(file), keysOf(file)]);
  return `${head}\n\n${table(["project", "", "keys"], rows)}`;
}

export const isRefused = ({ errors, report }: OtherFile): boolean =>
  errors.length > 0 || report.some(({ says }) => says === "refused");

function outcomeOf(file: OtherFile): string {
  if (isRefused(file)) return "refused";
  const { report } = file;
  if (report.length === 0) return "runs";
  const count = (says: string) => report.filter((one) => one.says === says).length;
  const counts = (["changed", "ignored"] as const).filter((says) => count(says) > 0);
  return `runs; ${counts.map((says) => `${count(says)} ${says}`).join(", ")}`;
}

/** Of a refused file what refuses it, and what to write; else the keys that do not mean what they mean to Compose. */
function keysOf(file: OtherFile): string {
  const { errors, report } = file;
  const [first] = errors;
  const refused = report.filter(({ says }) => says === "refused");
  if (refused.length > 0) {
    const seen = new Map(refused.map((key) => [shortPath(key.what), key.instead]));
    return [...seen].map(([path, instead]) => `${code(path)}: ${instead}`).join(" ");
  }
  if (first) return findingText(first).replace(/^\S+ /, "");
  return [...new Set(report.map(({ what }) => shortPath(what)))].map(code).join(", ");
}

/** "services.web.ports[0].mode" as "ports.mode"; the keys of sections as "networks". */
function shortPath(what: string): string {
  const [section, , ...keys] = what.replace(/\[\d+\]/g, "").split(".");
  return keys.length === 0 || section === "networks"
    ? section!
    : keys.join(".").replace(/^(networks|depends_on|ulimits)\.[\w-]+/, "$1");
}
