// Reads files of environment variables as docker does: blanks before a name and a byte order mark are skipped, values are taken
// as they are, with their quotes, and a name alone copies the caller's variable.

import { UsageError } from "../../command/failure.ts";

/** `path` is for messages. Throws a UsageError that names file, line and what is wrong there. */
export function parseEnvFile(
  path: string,
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): [name: string, value: string][] {
  const variables: [string, string][] = [];
  for (const [index, raw] of text
    .replace(/^\ufeff/, "")
    .split("\n")
    .entries()) {
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
    if (equals >= 0) variables.push([name, line.slice(equals + 1)]);
    else if (env[name] !== undefined) variables.push([name, env[name]]);
  }
  return variables;
}
