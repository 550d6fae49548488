// Every secret and password of the workload begins with a word that no text may have: nothing on the master's disk, and nothing
// that leaves the master but for the events that the worker of a node gets.

import { instanceHeader } from "../../api/worker-instance.ts";
import { canary, canaryInBase64 } from "../machines/content-inputs.ts";
import type { Checker } from "./checker.ts";

export const secretsStaySealed: Checker = {
  name: "secrets-stay-sealed",
  sentence:
    "No secret and no password is in the clear: in the journal, a snapshot, an answer, an event, an explanation or a backup.",
  class: "safety",
  hooks: (_, fail) => {
    const check = (where: string, text: string) => {
      if (text.includes(canary) || text.includes(canaryInBase64)) fail(`${where} has a secret: ${text.slice(0, 300)}`);
    };
    return {
      batch({ batch, deltas }) {
        check("the journal", JSON.stringify(batch));
        for (const { kind, after } of deltas) if (kind === "secret") check("a record", JSON.stringify(after));
      },
      snapshot(chunks) {
        for (const chunk of chunks) check("a snapshot", chunk);
      },
      said(text, { method, url, headers }) {
        if (url.endsWith("/assignments") && headers.has(instanceHeader)) return;
        check(`the answer to ${method} ${url}`, text);
      },
    };
  },
};
