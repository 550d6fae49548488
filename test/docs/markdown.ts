// Markdown helpers: tables, and the generated parts between markers.

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

export function code(text: string): string {
  return `\`${text}\``;
}

const begin = (name: string) => `<!-- made from the code: ${name} -->`;
const end = "<!-- end -->";

/** The text between the markers of this name. Null if there are no such markers. */
export function part(document: string, name: string): string | null {
  const start = document.indexOf(begin(name));
  const stop = document.indexOf(end, start);
  return start < 0 || stop < 0 ? null : document.slice(start + begin(name).length, stop).trim();
}

export function withPart(document: string, name: string, text: string): string {
  const start = document.indexOf(begin(name)) + begin(name).length;
  return `${document.slice(0, start)}\n${text}\n${document.slice(document.indexOf(end, start))}`;
}

/** The first cells of all table rows, without their backticks. */
export function firstCells(markdown: string): string[] {
  return [...markdown.matchAll(/^\| `([^`]+)`[^|]* \|/gm)].map((match) => match[1]!);
}
