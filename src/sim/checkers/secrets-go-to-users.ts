// The worker of a node is sent a secret, a config or a login only if a task that uses it was placed on the node; a login with the
// question for a digest, only if a replica may be.

import { registryLoginHeader } from "../../api/registry-login.ts";
import type { ContentEvent } from "../../api/views/stream-events.ts";
import type { NodeId } from "../../model/ids.ts";
import { onlyMachineOf, registryName } from "../machines/content-inputs.ts";
import { changesOf } from "../run/truth.ts";
import type { Checker } from "./checker.ts";
import { namedBy } from "./content-users.ts";

export const secretsGoToUsers: Checker = {
  name: "secrets-go-to-users",
  sentence:
    "Only a node that runs a user of a secret, a config or a login is sent it, or that may run the image of a login.",
  class: "safety",
  hooks: ({ truth, workers }, fail) => {
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
      asked(machine, { url, headers }) {
        if (!headers.has(registryLoginHeader)) return;
        const image = new URL(url).searchParams.get("image")!;
        const only = onlyMachineOf(image);
        // A node may have moved to another machine, with its folder.
        const nodeId = workers.find(({ name }) => name === machine)?.worker?.nodeId;
        const hostname = truth.state.nodes.get(nodeId as NodeId)?.hostname;
        if (only !== null && only !== machine && only !== hostname)
          fail(`${machine} is sent the login for ${image}, which only ${only} may run`);
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
