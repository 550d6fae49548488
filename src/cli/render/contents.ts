// Versions of configs as table rows.

import { labelsText } from "./nodes.ts";
import type { Column } from "./table.ts";
import { ageOf } from "./time.ts";

/** A version as a list shows it. */
export interface ContentRow {
  name: string;
  version: number;
  bytes?: number;
  labels?: Readonly<Record<string, string>> | undefined;
  createdAt: string;
  by: string;
}

export function contentColumns(now: number): Column<ContentRow>[] {
  return [
    { title: "NAME", text: ({ name }) => name, shrinksTo: 12 },
    { title: "VERSION", text: ({ version }) => String(version), right: true },
    { title: "BYTES", text: ({ bytes }) => (bytes === undefined ? "-" : String(bytes)), right: true },
    { title: "BY", text: ({ by }) => by, shrinksTo: 8 },
    { title: "AGE", text: ({ createdAt }) => ageOf(createdAt, now), right: true },
    { title: "LABELS", text: ({ labels = {} }) => labelsText(labels), shrinksTo: 8 },
  ];
}
