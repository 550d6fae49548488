// Breaks text into lines between words.

import { textWidth } from "./style.ts";

/** Lines of at most `columns` columns, each after `indent`. A longer word gets a line of its own. */
export function wrap(text: string, columns: number, indent = ""): string {
  return wrapLines(text, columns - indent.length)
    .map((line) => `${indent}${line}\n`)
    .join("");
}

/** Like `wrap`, but the first line comes after `head` instead of the indent. `columns` is null for no limit. */
export function wrapAfter(head: string, text: string, columns: number | null): string {
  const width = textWidth(head);
  if (columns === null || columns - width < 20) return `${head}${text}`.trimEnd() + "\n";
  const [first = "", ...rest] = wrapLines(text, columns - width);
  return [`${head}${first}`.trimEnd(), ...rest.map((line) => " ".repeat(width) + line)]
    .map((line) => `${line}\n`)
    .join("");
}

function wrapLines(text: string, columns: number): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of text.split(" ")) {
    if (current !== "" && textWidth(current) + 1 + textWidth(word) > columns) {
      lines.push(current);
      current = word;
    } else current += current === "" ? word : ` ${word}`;
  }
  return [...lines, current];
}
