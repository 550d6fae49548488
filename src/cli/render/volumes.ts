// Named volumes as table rows.

import type { VolumeView } from "../../model/volume/volume.ts";
import type { Column } from "./table.ts";
import { ageOf } from "./time.ts";

export function volumeColumns(now: number): Column<VolumeView>[] {
  return [
    { title: "NAME", text: ({ name }) => name, shrinksTo: 12 },
    { title: "NODE", text: ({ hostname }) => hostname ?? "-", shrinksTo: 6 },
    {
      title: "STATE",
      text: ({ state }) => state,
      colour: ({ state }) => (state === "released" ? "yellow" : undefined),
    },
    { title: "WRITERS", text: ({ writers }) => String(writers), right: true },
    { title: "USED BY", text: usersText, shrinksTo: 10 },
    { title: "AGE", text: ({ createdAt }) => ageOf(createdAt, now), right: true },
    { title: "DATA", text: ({ message }) => message, shrinksTo: 20 },
  ];
}

function usersText({ usedBy }: VolumeView): string {
  return usedBy.length === 0 ? "-" : usedBy.map(({ name }) => name).join(",");
}
