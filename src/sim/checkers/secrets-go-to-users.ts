// The worker of a node is sent a secret, a config or a login only if a task that uses it was placed on the node.

import type { ContentEvent } from "../../api/views/stream-events.ts";
import { registryName } from "../machines/content-inputs.ts";
import { changesOf } from "../run/truth.ts";
import type { Checker } from "./checker.ts";
import { namedBy } from "./content-users.ts";

export const secretsGoToUsers: Checker = {
  name: "secrets-go-to-users",
  sentence: "Only a node that runs a user of a secret, a config or a login is sent it.",
  class: "safety",
  hooks: (_, fail) => {
    /** What tasks that were ever placed on a node use, as "node kind name". */
    const uses = new Set<string>();
    return {
      batch(certain) {
        for (const { after } of changesOf(certain, "task")) {
          const nodeId = after?.placement?.nodeId;
          if (!after || nodeId === undefined) continue;
          const { spec } = after;
          for (const { kind, reference } of namedBy(spec)) uses.add(`${nodeId} ${kind} ${reference.name}`);
          for (const { image } of [...spec.init, ...spec.containers])
            if (image.startsWith(`${registryName}/`)) uses.add(`${nodeId} credential ${registryName}`);
        }
      },
      said(text, { url }) {
        if (!url.endsWith("/assignments") || !text.startsWith("data: {")) return;
        const { kind, name, data } = JSON.parse(text.slice(6)) as Partial<ContentEvent>;
        if (kind === undefined || data === undefined) return;
        const nodeId = decodeURIComponent(url.split("/").at(-2)!);
        if (!uses.has(`${nodeId} ${kind} ${name}`))
          fail(`${nodeId} is sent the ${kind} ${name}, and nothing there uses it`);
      },
    };
  },
};
