// Pods as table rows.

import type { PodView } from "../../model/task/pod-view.ts";
import { podReadyText } from "./containers.ts";
import type { Column } from "./table.ts";

export const podColumns: readonly Column<PodView>[] = [
  { title: "POD ID", text: ({ podId }) => podId },
  { title: "NAME", text: ({ name }) => name, shrinksTo: 8 },
  { title: "NAMESPACE", text: ({ namespace }) => namespace, shrinksTo: 8, drops: 2 },
  { title: "READY", text: podReadyText },
  { title: "STATUS", text: ({ status }) => status },
  { title: "CONTAINERS", text: containersText, shrinksTo: 10, drops: 1 },
  { title: "RESTARTS", text: ({ restarts }) => String(restarts) },
];

function containersText({ containers }: PodView): string {
  return containers.map(({ name }) => name).join(",");
}
