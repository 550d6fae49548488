// Reads a list that the worker keeps as a small JSON file in its data folder: whole, or not at all.

import { readFileSync } from "node:fs";

/** `damage`: why the list could not be read; null if it could, or if there is no file. */
export function readList<T>(
  path: string,
  field: string,
  isEntry: (value: unknown) => value is T,
): { list: T[]; damage: string | null } {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { list: [], damage: code === "ENOENT" ? null : message };
  }
  try {
    const { [field]: list } = JSON.parse(text) as Record<string, unknown>;
    if (Array.isArray(list) && list.every(isEntry)) return { list, damage: null };
  } catch {
    // Not JSON: reported below.
  }
  return { list: [], damage: `${path} is damaged` };
}
