// An app in a cluster, as a client sends it: parsed, checked, and with secrets sealed. Test support.

import type { AppContent, AppOutcome } from "../../../model/app/app.ts";
import { type AppBody, appInput } from "../../../model/app/app-input.ts";
import { checkApp } from "../../../model/app/check-app.ts";
import { knownFeatures } from "../../../model/task/needs.ts";
import { Services } from "../../reconcile/service/test-services.ts";
import { writeWholeSnapshot } from "../../state/snapshot.ts";
import type { World } from "../../test-world.ts";
import type { Tick } from "../../tick.ts";
import type { Command } from "../command.ts";

const by = "anna@laptop";

/** An app with a member of each kind. */
export const full: AppBody = {
  services: [
    {
      ...{
        name: "shop_web",
        image: "nginx:1.27",
        replicas: 2,
        ports: [{ containerPort: 80 }],
        restartPolicy: "always",
      },
      ...{ configs: [{ name: "shop_env", env: "MODE" }], resources: { cpu: "500m", memory: "64Mi" } },
    },
    {
      ...{ name: "shop_db", image: "postgres:17", secrets: [{ name: "shop_password" }] },
      mounts: [{ type: "volume", source: "shop_data", target: "/data" }],
    },
  ],
  jobs: [{ name: "shop_migrate", image: "migrate:1" }],
  schedules: [{ name: "shop_nightly", image: "backup:1", cron: "0 3 * * *" }],
  volumes: [{ name: "shop_data" }],
  configs: [{ name: "shop_env", data: "live" }],
  secrets: [{ name: "shop_password", data: "hunter2" }],
};

/** One line for each of its members. */
export const all = (change: string) =>
  ["service shop_db", "service shop_web", "job shop_migrate", "schedule shop_nightly"]
    .concat("volume shop_data", "config shop_env", "secret shop_password")
    .map((member) => `${member} ${change}`);

/** The sealed text of a secret stands for itself here. */
export function contentOf(app: string, body: AppBody): AppContent {
  const checked = checkApp(app, appInput.parse(body));
  if (!checked.ok) throw new Error(checked.refusal.message);
  const { configs, secrets, source, ...parts } = checked.value;
  return {
    ...(source ? { source } : {}),
    ...(JSON.parse(JSON.stringify(parts)) as typeof parts),
    configs: configs.map(({ encoding = "utf8", ...one }) => ({ ...one, encoding })),
    secrets: secrets.map(({ name, data }) => ({ name, sealed: { keyId: "k", nonce: "n", text: data } })),
  };
}

export class Apps extends Services {
  constructor() {
    super(0);
    for (const name of ["n1", "n2"])
      this.world.node(name, {
        capacity: 100,
        cpu: 0,
        memory: 0,
        version: "1",
        instance: name,
        features: knownFeatures,
      });
  }

  get state(): World["state"] {
    return this.world.state;
  }

  command(body: AppBody, more: object = {}): Command & { type: "putApp" } {
    return { type: "putApp", name: "shop", input: contentOf("shop", body), by, ...more };
  }

  /** The changes of the app's members, as "service shop_web created". */
  apply(body: AppBody, more: object = {}): string[] {
    return this.outcome(this.world.do(this.command(body, more)));
  }

  rollback(to?: number): string[] {
    return this.outcome(this.world.do({ type: "rollbackApp", name: "shop", by, ...(to === undefined ? {} : { to }) }));
  }

  outcome({ outcomes: [outcome] }: Tick): string[] {
    const { members } = (outcome as { value: { app: AppOutcome } }).value.app;
    return members.map(({ kind, name, change }) => `${kind} ${name} ${change}`);
  }

  /** The sentence of a refusal. */
  refused(command: Command): string {
    const [outcome] = this.world.tick(command).outcomes;
    return outcome!.ok ? "granted" : `${outcome!.refusal.code}: ${outcome!.refusal.message}`;
  }

  snapshot(): string {
    return [...writeWholeSnapshot(this.state)].join("\n");
  }

  revisions(service: string): number[] {
    return this.state.revisionsOf(this.state.serviceNamed(service)!.serviceId);
  }
}
