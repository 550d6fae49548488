// podling export: an app of the cluster, or of compose files, as one compose file, or as manifests of Kubernetes.

import type { AppBody } from "../../../model/app/app-input.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { Failure, UsageError } from "../../command/failure.ts";
import { draftFile } from "../cluster/backup-files.ts";
import { composeFlags, isRefused, readApp } from "./compose-files.ts";

export const exportApp: Command = {
  name: "export",
  summary: "Print an app as a compose file, or for Kubernetes",
  usage: "[APP] [flags]",
  description: [
    "Prints the newest revision of APP as a compose file: applied again, it changes nothing. Without APP it reads compose files as podling validate does, needs no master, and prints the app that they make as one file, in which variables, includes and short forms are resolved. With --kubernetes it prints manifests: Deployments, StatefulSets, DaemonSets, Services, Jobs, CronJobs, ConfigMaps, Secrets and claims of volumes.",
    "What the result cannot say is a comment line in it, and a warning on stderr. Contents of secrets are left out, unless --secrets puts them into the manifests.",
  ],
  arguments: { name: "APP", min: 0, max: 1, completes: "apps" },
  flags: [
    ...composeFlags,
    { long: "app", value: "NAME", description: "name of the app, in the place of the name of the files" },
    { long: "kubernetes", description: "print manifests of Kubernetes" },
    { long: "secrets", description: "with --kubernetes: put the contents of secrets into the manifests" },
    {
      long: "output",
      short: "o",
      value: "FILE",
      description: "write to FILE, which is replaced, in the place of stdout",
      completes: "files",
    },
  ],
  examples: [
    ["podling export shop -o shop.yaml", "an app of the cluster"],
    ["podling export -f compose.yaml -f compose.prod.yaml -o whole.yaml", "one file of two"],
    ["podling export --kubernetes | kubectl apply --dry-run=server -f -", "for Kubernetes"],
  ],
  async run(context) {
    const [id] = context.words;
    const app = id === undefined ? await fromFiles(context) : await recorded(context, id);
    if (!app) return exitCodes.error;
    const { text, warnings } = await exported(context, app.name, app.input);
    for (const warning of warnings) await context.say(`warning: ${warning}`);
    await written(context, text);
    return exitCodes.done;
  },
};

interface Source {
  name: string;
  input: AppBody;
}

async function fromFiles(context: Context): Promise<Source | null> {
  const app = await readApp(context);
  return app && !isRefused(app.report, false) ? app : null;
}

/** The newest revision, with the contents of its configs. Those of secrets leave the master for containers only. */
async function recorded(context: Context, id: string): Promise<Source> {
  const { flags } = context;
  const other = ["file", "app", "profile", "env-file"].find((flag) => flags.texts(flag).length > 0);
  if (other !== undefined)
    throw new UsageError(
      `--${other} is for compose files, and ${id} is an app of the cluster`,
      "Leave one of them out.",
    );
  if (flags.has("secrets"))
    throw new UsageError(
      "the master shows no contents of secrets",
      "Leave --secrets out, or export from compose files.",
    );
  const revisions = await context.call("listAppRevisions", { id });
  const newest = revisions.at(-1);
  if (!newest) throw new Failure(`${id} has no revision`, "Apply it first: podling apply -f FILE.");
  const configs = await Promise.all(
    newest.configs.map(async ({ name, version }) => {
      const { data, encoding, labels } = await context.call("getConfig", {
        ...{ id: name, query: { version: String(version) } },
      });
      return { name, data, encoding, ...(labels ? { labels } : {}) };
    }),
  );
  const secrets = newest.secrets.map(({ name }) => ({ name, data: "" }));
  const { services, jobs, schedules, volumes } = newest;
  return { name: newest.app, input: { services, jobs, schedules, volumes, configs, secrets } as unknown as AppBody };
}

interface Text {
  text: string;
  warnings: readonly string[];
}

async function exported(context: Context, app: string, input: AppBody): Promise<Text> {
  if (context.flags.has("kubernetes")) {
    const { manifestsOf } = await import("../../../compose/export/kubernetes/kubernetes.ts");
    return manifestsOf(input, { app, withSecrets: context.flags.has("secrets") });
  }
  const [{ composeOf }, { yamlText }] = await Promise.all([
    import("../../../compose/export/compose/compose.ts"),
    import("../../../compose/export/yaml.ts"),
  ]);
  const { document, warnings } = composeOf(input, { app });
  return { text: yamlText(document, warnings, true), warnings };
}

async function written(context: Context, text: string): Promise<void> {
  const path = context.flags.text("output");
  if (path === undefined || path === "-") {
    await context.out(text);
    return;
  }
  const draft = await draftFile(path, true);
  try {
    await draft.write(new TextEncoder().encode(text));
    await draft.keep();
  } catch (error) {
    await draft.drop();
    throw error;
  }
}
