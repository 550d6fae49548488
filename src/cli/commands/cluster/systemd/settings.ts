// The settings of a service: a file of lines NAME=value, which systemd reads as EnvironmentFile.

export type Role = "master" | "worker";

/** In the order of the file. */
export type Settings = ReadonlyMap<string, string>;

/** Comments and lines that are no assignment are skipped. Quotes around a value are removed. */
export function parseSettings(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const bare = value!.trim();
    settings.set(name, /^(".*"|'.*')$/.test(bare) ? bare.slice(1, -1) : bare);
  }
  return settings;
}

/** The lines of `text` with other values for some names; names that it does not have are added at the end. */
export function withSettings(text: string, changes: Settings): string {
  const left = new Map(changes);
  const lines = text.split("\n").map((line) => {
    const name = /^\s*([A-Za-z_][A-Za-z0-9_]*)=/.exec(line)?.[1];
    if (name === undefined || !left.has(name)) return line;
    const value = left.get(name)!;
    left.delete(name);
    return `${name}=${value}`;
  });
  while (lines.at(-1) === "") lines.pop();
  return `${[...lines, ...[...left].map(([name, value]) => `${name}=${value}`)].join("\n")}\n`;
}

/**
 * Words as systemd splits them again. Null if a word has a character that the file would change: a quote, a backslash, a
 * dollar sign or a control character.
 */
export function joinWords(words: readonly string[]): string | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are refused
  if (words.some((word) => /["'\\$%\u0000-\u001f]/.test(word))) return null;
  return words.map((word) => (word === "" || word.includes(" ") ? `"${word}"` : word)).join(" ");
}
