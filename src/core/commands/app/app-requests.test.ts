// Apps that are there: two clients at once, back to an earlier revision, and removal.

import { beforeEach, describe, expect, test } from "bun:test";
import type { AppBody } from "../../../model/app/app-input.ts";
import { Apps, all, full } from "./test-apps.ts";

let apps: Apps;
beforeEach(() => {
  apps = new Apps();
});

describe("two clients", () => {
  test("cannot overwrite each other unseen", () => {
    apps.apply(full, { expectedRevision: 0 });
    const next = { ...full, configs: [{ name: "shop_env", data: "quiet" }] };
    expect(apps.refused(apps.command(next, { expectedRevision: 0 }))).toBe(
      "conflict: anna@laptop applied revision 1 of the app shop at 2025-01-19T12:34:56.000Z, and this request is for a new app",
    );
    apps.apply(next, { expectedRevision: 1 });
    expect(apps.refused(apps.command(full, { expectedRevision: 1 }))).toContain("applied revision 2");
    apps.do({ type: "removeApp", name: "shop" });
    expect(apps.refused(apps.command(full, { expectedRevision: 2 }))).toBe("conflict: there is no app shop any more");
  });
});

describe("a rollback", () => {
  test("applies an earlier revision as another one, with its contents and images", () => {
    const images = (digit: string) => ({
      shop_web: [{ image: "nginx:1.27", digest: `sha256:${digit.repeat(64)}`, why: "" }],
    });
    apps.apply(full, { images: images("1") });
    const next: AppBody = {
      ...full,
      configs: [{ name: "shop_env", data: "quiet" }],
      secrets: [{ name: "shop_password", data: "other" }],
    };
    apps.apply(next, { images: images("2") });
    expect(apps.rollback().filter((line) => !line.endsWith("unchanged"))).toEqual([
      ...[
        "service shop_db updated",
        "service shop_web updated",
        "config shop_env updated",
        "secret shop_password updated",
      ],
    ]);
    expect(apps.state.record("appRevision", "shop.3")).toMatchObject({
      note: "back to revision 1",
      images: images("1"),
    });
    expect(apps.state.record("config", "shop_env.3").data).toBe("live");
    expect(apps.state.record("secret", "shop_password.3").sealed.text).toBe("hunter2");
    const { serviceId, target } = apps.state.serviceNamed("shop_web")!;
    expect(apps.state.record("revision", `${serviceId}.${target}`).images).toEqual(images("1").shop_web);
    expect(apps.world.do(apps.command(full)).changes).toEqual([]);
    expect(apps.rollback(3)).toEqual(all("unchanged"));
  });

  test("is refused where there is nothing to go back to", () => {
    const back = (to?: number) =>
      apps.refused({ type: "rollbackApp", name: "shop", by: "anna", ...(to === undefined ? {} : { to }) });
    expect(back()).toBe('app-not-found: there is no app "shop"');
    apps.apply(full);
    expect(back()).toBe("unprocessable: the app shop has no earlier revision");
    expect(back(7)).toBe("unprocessable: the app shop has no revision 7");
  });

  test("is refused where a content was removed since", () => {
    apps.apply(full);
    apps.apply({ services: full.services!.slice(0, 1), configs: full.configs! });
    expect(apps.refused({ type: "rollbackApp", name: "shop", by: "anna" })).toBe(
      "unprocessable: secrets shop_password: its version 1 is not kept any more",
    );
  });
});

describe("removing an app", () => {
  test("removes all but its volumes, in one batch", () => {
    apps.apply(full);
    apps.settle();
    const tick = apps.world.do({ type: "removeApp", name: "shop" });
    expect(apps.outcome(tick)).toEqual(
      all("removed").map((line) => line.replace("shop_data removed", "shop_data kept")),
    );
    const { service, job, schedule, config, secret, app, appRevision, volume } = apps.state.tables;
    expect([service, job, schedule, config, secret, app, appRevision].map(({ size }) => size)).toEqual([
      0, 0, 0, 0, 0, 0, 0,
    ]);
    expect(volume.size).toBe(1);
  });

  test("is refused as a whole while something else uses a config of it", () => {
    apps.apply(full);
    apps.do({
      type: "putService",
      input: { name: "web", image: "a:1", configs: [{ name: "shop_env" }] } as never,
      by: "ben",
    });
    const before = apps.snapshot();
    expect(apps.refused({ type: "removeApp", name: "shop" })).toBe(
      "in-use: configs shop_env: the service web, the task web.1 use the config shop_env",
    );
    expect(apps.snapshot()).toBe(before);
  });
});
