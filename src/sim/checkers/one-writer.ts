// Every life of the master writes under a higher epoch, and batches follow one another without a gap.

import type { Checker } from "./checker.ts";

export const oneWriter: Checker = {
  name: "one-writer",
  sentence: "Each life of the master writes under a higher epoch, and batches follow one another without a gap.",
  class: "safety",
  hooks: (_, fail) => {
    let revision = 0;
    let epoch = 0;
    let fresh = true;
    return {
      recovered() {
        fresh = true;
      },
      batch({ batch }) {
        if (batch.revision !== revision + 1) fail(`revision ${batch.revision} follows ${revision}`);
        // The first batch of a life is the one that begins its epoch.
        if (fresh ? batch.epoch <= epoch : batch.epoch !== epoch)
          fail(`revision ${batch.revision} is of epoch ${batch.epoch}, after epoch ${epoch}`);
        ({ revision, epoch } = batch);
        fresh = false;
      },
    };
  },
};
