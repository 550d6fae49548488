// podling service with --selector: a service that names tasks that are there, and the commands that it does not have.

import { describe, expect, test } from "bun:test";
import type { EndpointList } from "../../src/model/service/endpoint.ts";
import { until } from "./harness.ts";
import { playedCluster, quick, serviceLines } from "./playing-worker.ts";

const { ok, podling, cluster } = playedCluster();
const { inspect, steady } = serviceLines(ok);

test("create, ls, inspect, ps, endpoints, logs, update and rm", async () => {
  await ok("run w1 --image app:1 -l app=web");
  await steady("blue", "--replicas 2 -l app=web");
  const created = await podling("service create front --selector app=web -p 80:8080 -l team=a");
  const front = await inspect("front");
  expect({ code: created.code, out: created.out }).toEqual({ code: 0, out: `${front.serviceId}\n` });
  expect(created.err).toBe("front: 3 of 3 tasks with its labels are ready. Where: podling service endpoints front\n");
  expect(front).toMatchObject({
    ...{ mode: { type: "selector" }, selector: { app: "web" }, namespace: "default", labels: { team: "a" } },
    ports: [{ port: 80, targetPort: 8080, protocol: "tcp" }],
  });
  expect(await ok("service ls")).toMatch(/\nfront +\S+ +tasks with app=web +3\/3 +- +selecting +/);
  expect(await ok("service ps front")).toMatch(/^NAME .*\nblue\.1 +\S+ +1 +running.*\nblue\.2 .*\nw1 +\S+ +- +running/);
  expect(await ok("service ps front -o name")).toBe("blue.1\nblue.2\nw1\n");
  expect(await ok("service endpoints front")).toMatch(/^NAME +ENDPOINTS .*\nw1 .* - +ready .*\nblue\.1 .* 1 +ready/);
  const list = JSON.parse(await ok("service endpoints front -o json")) as EndpointList;
  expect(list.endpoints.map(({ name }) => name).sort()).toEqual(["blue.1", "blue.2", "w1"]);
  await ok("service update front -l team=b -l more=x");
  expect(await inspect("front")).toMatchObject({ labels: { team: "b", more: "x" }, ports: [{ port: 80 }] });
  await ok("service update front --selector app=web,tier=x -p 53:5353/udp");
  expect(await inspect("front")).toMatchObject({
    ...{ selector: { app: "web", tier: "x" }, ports: [{ port: 53, targetPort: 5353, protocol: "udp" }] },
  });
  const history = await podling("service history front");
  expect(history.out).toMatch(/^REVISION[^\n]*\n$/);
  expect(history.err).toBe("front selects tasks: it has no replicas of its own, and so no revisions\n");
  expect(await ok("service rm front")).toBe("front\n");
  expect((await ok("ps -o name")).split("\n")).toContain("w1");
  expect(await inspect("blue")).toMatchObject({ replicas: { serving: 2 } });
});

test("says when no task has the labels, and -w follows those that come", async () => {
  const { code, err } = await podling("service create later --selector app=later");
  expect(code).toBe(0);
  expect(err).toContain("later: no unfinished task has its labels");
  const running = cluster().start("service endpoints later -w");
  await ok("run late --image app:1 -l app=later");
  await until(() => /late ready at \S+ \(no port\) on n1\n/.test(running.out()));
  await ok("service rm later");
  expect((await running.ended).code).toBe(0);
});

test("two namespaces: each service has its own, and ls shows one of them", async () => {
  await ok("run n-a --image app:1 -l app=n");
  await ok("run n-b --image app:1 -l app=n -l podling.namespace=staging");
  await ok("service create n-default --selector app=n");
  await ok("service create n-staging --selector app=n --namespace staging");
  await ok(`service create n-own --image app:1 --namespace staging --replicas 0 ${quick}`);
  expect(await ok("service ps n-default -o name")).toBe("n-a\n");
  expect(await ok("service ps n-staging -o name")).toBe("n-b\n");
  expect(await ok("service ls --namespace staging -o name")).toBe("n-own\nn-staging\n");
});

describe("what it does not have is refused, with what to type", () => {
  test.each([
    ["service create x --selector app=web --image nginx", 64, "--image is for a service with replicas"],
    ["service create x --selector app=web --replicas 2", 64, "--replicas is for a service with replicas"],
    ["service create x --selector app=web -e A=b", 64, "--env is for a service with replicas"],
    ["service create x --selector app=web -- sh", 64, "a command needs replicas"],
    ["service create --selector app=web", 64, "the name is missing"],
    ["service create x --selector app", 64, "--selector"],
    ["service create x --selector app=web -p 127.0.0.1:80:80", 64, "expected a port of the service"],
    ["service create x --selector app=web -p 70000", 64, "expected a port of the service"],
    ["service create x --selector app=web --namespace a/b", 1, "namespace"],
    ["service create refused --selector app=web", 1, "podling service update refused"],
    ["service update refused --image nginx", 64, "--image is for a service with replicas"],
    ["service scale refused=3", 1, "podling service ps refused"],
    ["service restart refused", 1, "no replicas of its own to restart"],
    ["service pause refused", 1, "no replicas of its own to pause"],
    ["service promote refused", 1, "no replicas of its own to promote"],
    ["service rollback refused", 1, "no replicas of its own to roll back"],
    ["service diff refused 1 2", 1, "refused has no revision 1"],
    ["service create --name x", 64, "--selector K=V"],
  ])("podling %s", async (line, status, says) => {
    await podling("service create refused --selector app=refused");
    const { code, out, err } = await podling(line);
    expect({ code, out }).toEqual({ code: status, out: "" });
    expect(err).toContain(says);
  });

  test("one with replicas takes no selector", async () => {
    await steady("own");
    const { code, err } = await podling("service update own --selector app=web");
    expect(code).toBe(64);
    expect(err).toContain("own has replicas of its own");
  });
});
