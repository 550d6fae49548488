// A client that balances over the endpoints of a service on a real engine: no request fails while the service is rolled out
// twice, with a program that ends at SIGTERM and one that ignores it.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { ServiceView } from "../../src/model/service/view.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { Balancer } from "../../tools/lab/balancer.ts";
import { until } from "../../tools/lab/until.ts";
import { type WebApp, webService } from "../system/web-apps.ts";
import { World } from "./world.ts";

const requests = 2_000;

describeLab("clients that follow the endpoints", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  }, 30_000);
  afterAll(() => world?.down());

  const put = (name: string, app: WebApp, version: string) =>
    world.master.json<ServiceView>(
      "PUT",
      `/api/v1/services/${name}`,
      webService(name, world.image, app, version, { replicas: 3 }),
    );
  const serves = (name: string, revision: number) =>
    until(
      `revision ${revision} of ${name}`,
      async () => {
        const service = await world.master.json<ServiceView>("GET", `/api/v1/services/${name}`);
        return service.stable === revision && service.rollout === null && service.replicas.going === 0;
      },
      60_000,
    );

  test.each(["handles", "ignores"] as const)(
    "a program that %s SIGTERM: two rollouts, no failed request",
    async (app) => {
      await put(app, app, "one");
      await serves(app, 1);
      const balancer = new Balancer(world.master, app);
      const load = balancer.start(4);
      await until("the first answers", () => balancer.answered > 100);
      await put(app, app, "two");
      await serves(app, 2);
      await put(app, app, "three");
      await serves(app, 3);
      await until(`${requests} answers`, () => balancer.answered >= requests, 60_000);
      await load.end();
      expect({ failures: balancer.failures, without: balancer.without }).toEqual({ failures: [], without: 0 });
      expect([...balancer.answers.keys()].sort()).toEqual(["one", "three", "two"]);
      await world.master.fetch(`/api/v1/services/${app}`, { method: "DELETE" });
    },
    180_000,
  );
});
