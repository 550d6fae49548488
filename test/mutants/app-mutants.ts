// Mistakes in how apps are applied. Plain data.

import type { Mutant } from "./mutant.ts";

const put = "src/core/commands/app/put-app.ts";
const tests = ["src/core/commands/app/put-app.test.ts", "src/core/commands/app/app-requests.test.ts"];

export const appMutants: readonly Mutant[] = [
  {
    name: "app-by-halves",
    sentence: "A part that is refused leaves the changes of the parts before it.",
    file: "src/core/transaction.ts",
    find: "state.revert(applied[at]!.delta);",
    replace: "void applied[at]!.delta;",
    caughtBy: ["apps-are-whole"],
  },
  {
    name: "app-takes-others",
    sentence: "An app takes a service that is not part of it.",
    file: put,
    find: "?? refuseForeign(state, name, input);",
    replace: "?? null;",
    ...{ caughtBy: [], tests },
  },
  {
    name: "app-overwritten-unseen",
    sentence: "A client overwrites what another one has applied since.",
    file: put,
    find: "if (expectedRevision === undefined || expectedRevision === revision) return null;",
    replace: "if (expectedRevision !== revision) return null;",
    ...{ caughtBy: [], tests },
  },
  {
    name: "app-two-revisions",
    sentence: "A service whose config and template change together gets two revisions.",
    file: put,
    find: "putContent(run, kind, content, command.by, names)",
    replace: "putContent(run, kind, content, command.by, names.slice(0, 0))",
    ...{ caughtBy: [], tests },
  },
  {
    name: "app-keeps-what-is-gone",
    sentence: "Services that the files no longer name stay.",
    file: put,
    find: "const isGone = (list: readonly { name: string }[]) => {",
    replace: "const isGone = (list: readonly { name: string }[]) => {\n    if (list) return () => false;",
    ...{ caughtBy: [], tests },
  },
  {
    name: "app-rollback-of-versions",
    sentence: "A rollback leaves configs and secrets as they are.",
    file: "src/core/commands/app/contents.ts",
    find: 'const found = "version" in wanted ? earlierContent(state, kind, wanted) : ok(wanted);',
    replace:
      'const found = "version" in wanted ? earlierContent(state, kind, newest ? { ...wanted, version: newest.version } : wanted) : ok(wanted);',
    ...{ caughtBy: [], tests },
  },
];
