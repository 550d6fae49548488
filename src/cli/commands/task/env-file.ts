// Reads files of environment variables as docker does: blanks before a name and byte order marks are skipped, values are taken
// as they are, with their quotes, and a name alone copies the caller's variable.

import { withoutByteOrderMark } from "../../../lib/byte-order-mark.ts";
import { limits } from "../../../model/limits.ts";
import { UsageError } from "../../command/failure.ts";

/** What the master would refuse, with what to do: it does not know files and lines. Null if it takes the variable. */
function refusalOf(name: string, value: string): [why: string, hint: string] | null {
  if (name === "__proto__") return ["the name __proto__ is not allowed", "Use another name."];
  if (name.length > limits.envKeyLength)
    return [
      `the name ${JSON.stringify(`${name.slice(0, 20)}...`)} has ${name.length} characters, and ${limits.envKeyLength} are allowed`,
      "Shorten it.",
    ];
  if (value.length <= limits.envValueLength) return null;
  const sizes = `${value.length} characters, and ${limits.envValueLength} are allowed`;
  return [`the value of ${name} has ${sizes}`, "Shorten it, or mount a file with -v."];
}

/** `path` is for messages. Throws a UsageError that names file, line and what is wrong there. */
export function parseEnvFile(
  path: string,
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): [name: string, value: string][] {
  const variables: [string, string][] = [];
  for (const [index, raw] of withoutByteOrderMark(text).split("\n").entries()) {
    const wrong = (why: string, hint: string) => new UsageError(`--env-file ${path}, line ${index + 1}: ${why}`, hint);
    if (/[\0\ufffd]/.test(raw)) {
      // UTF-16 has a zero byte beside each ASCII character; other encodings have none.
      const encoding = (text.match(/\0/g)?.length ?? 0) > text.length / 4 ? "UTF-16" : "LATIN1";
      if (!raw.includes("\ufffd") && encoding !== "UTF-16") throw wrong("it contains a NUL character", "Remove it.");
      throw wrong("the file is not UTF-8 text", `Convert it: iconv -f ${encoding} -t UTF-8 ${path}`);
    }
    const line = raw.replace(/\r$/, "").replace(/^[ \t]+/, "");
    if (line.trim() === "" || line.startsWith("#")) continue;
    const equals = line.indexOf("=");
    const name = equals < 0 ? line.trimEnd() : line.slice(0, equals);
    if (name === "") throw wrong("the name before = is missing", "Write NAME=VALUE.");
    if (/^export\s/.test(name))
      throw wrong("it begins with export, which only a shell knows", "Remove the word export.");
    if (/\s/.test(name)) throw wrong(`the name ${JSON.stringify(name)} has a blank in it`, "Write NAME=VALUE.");
    const value = equals >= 0 ? line.slice(equals + 1) : env[name];
    if (value === undefined) continue;
    const refusal = refusalOf(name, value);
    if (refusal) throw wrong(...refusal);
    variables.push([name, value]);
  }
  return variables;
}
