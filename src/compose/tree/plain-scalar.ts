// The value of a scalar without quotes and tag. The rules are those of YAML 1.2 (`yes` and `22:22` are text), with the numbers that
// compose-go reads besides: `0440` is octal, and `1_000` is a thousand.

import type { ScalarValue } from "./tree.ts";

const float = /^[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?$/;

const bases: [pattern: RegExp, base: number][] = [
  [/^[-+]?0o?([0-7]+)$/, 8],
  [/^[-+]?0x([0-9a-fA-F]+)$/, 16],
  [/^[-+]?0b([01]+)$/, 2],
  [/^[-+]?([0-9]+)$/, 10],
];

export function plainScalar(text: string): ScalarValue {
  if (/^(~|null|Null|NULL)?$/.test(text)) return null;
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  if (!/^[-+.0-9]/.test(text)) return text;
  const digits = /^[-+]?[0-9]/.test(text) ? text.replaceAll("_", "") : text;
  for (const [pattern, base] of bases) {
    const match = pattern.exec(digits);
    if (!match) continue;
    const value = Number.parseInt(match[1]!, base) * (digits.startsWith("-") ? -1 : 1);
    // A number that a double cannot hold stays the text that it is.
    return Number.isSafeInteger(value) ? value || 0 : text;
  }
  if (!float.test(text)) return text;
  const value = Number(digits);
  return Number.isFinite(value) ? value : text;
}
