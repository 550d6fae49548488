// Mistakes in how configs, secrets and logins are kept and sent. Plain data.

import type { Mutant } from "./mutant.ts";

export const configMutants: readonly Mutant[] = [
  {
    name: "secret-not-sealed",
    sentence: "A secret is recorded as it was sent, in base64.",
    file: "src/master/secrets/vault.ts",
    find: "return ok(seal(found.key, keys!.nonce(), bytes, purpose));",
    replace:
      'return ok({ ...seal(found.key, keys!.nonce(), bytes, purpose), text: Buffer.from(bytes).toString("base64") });',
    caughtBy: ["secrets-stay-sealed"],
  },
  {
    name: "secret-for-every-reader",
    sentence: "A client that reads the stream of a node gets the contents that its worker gets.",
    file: "src/master/http/handlers/nodes.ts",
    find: "const getsContents = isHolder && found.value.instance !== null;",
    replace: "const getsContents = isHolder || isReader;",
    caughtBy: ["secrets-stay-sealed"],
  },
  {
    name: "secret-for-every-node",
    sentence: "Each worker gets the contents of every task, wherever it is placed.",
    file: "src/master/watch/worker-streams.ts",
    find: "if (isNew && this.#options.contents.isNeeded(is)) this.#sendContents(nodeId, [is]);",
    replace:
      "if (this.#options.contents.isNeeded(is)) for (const every of this.#streams.keys()) this.#sendContents(every, [is]);",
    caughtBy: ["secrets-go-to-users"],
  },
  {
    name: "login-for-every-node",
    sentence: "Any node is asked for the digest of an image, with the stored login.",
    file: "src/master/http/handlers/resolved-images.ts",
    find: "node.isOpen && eligible(wanted, node)",
    replace: "node.isOpen && (eligible(wanted, node) || true)",
    caughtBy: ["secrets-go-to-users"],
  },
  {
    name: "version-without-revision",
    sentence: "A new version of a config changes no service.",
    file: "src/core/commands/contents.ts",
    find: '...changesAfter(state, "config", record, command, now),',
    replace: "",
    caughtBy: ["versions-roll-out"],
  },
  {
    name: "version-removed-while-used",
    sentence: "An old version is removed although a replica may start with it.",
    file: "src/core/commands/contents.ts",
    find: "old.filter((one) => !versions.has(one)).map(",
    replace: "old.filter((one) => versions.has(one)).map(",
    caughtBy: ["containers-have-contents"],
  },
  {
    name: "version-not-sent",
    sentence: "A replica that gets another version while it runs goes on with the one before.",
    file: "src/master/watch/worker-streams.ts",
    find: "const isRevised = was !== null && was.spec !== is.spec;",
    replace: "const isRevised = was !== null && was.taskId !== is.taskId;",
    caughtBy: ["containers-have-contents"],
  },
  {
    name: "file-not-rewritten",
    sentence: "A file that follows the newest version stays as it was at the start of its container.",
    file: "src/worker/contents/task-files.ts",
    find: "if (!isSignalled(used.reference)) continue;",
    replace: "if (isSignalled(used.reference)) continue;",
    caughtBy: ["containers-have-contents"],
  },
  {
    name: "file-rewritten-unasked",
    sentence: "The file of a task that names no version and follows none changes while its container runs.",
    file: "src/worker/contents/task-files.ts",
    find: "if (!isSignalled(used.reference)) continue;",
    replace: "if (used.reference.version !== undefined) continue;",
    caughtBy: [],
    tests: ["src/worker/contents/task-files.test.ts"],
  },
];
