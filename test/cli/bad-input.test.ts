// Wrong input for services, pods, jobs, configs, secrets and volumes: each error says what is wrong and what to type, and nothing
// is made.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { Cluster, commandsOf } from "./harness.ts";

let cluster: Cluster;
const { ok, podling } = commandsOf(() => cluster);

beforeAll(async () => {
  cluster = new Cluster();
  await cluster.node("n1", { capacity: 1000, version: "1" });
  await ok("service create web --image app:1 -d");
  await ok("job create import --image app:1");
  await ok(["job", "create", "nightly", "--image", "app:1", "--schedule", "0 3 * * *"]);
});
afterAll(() => cluster.stop());

const create = "service create new --image app:1";

test.each([
  // A name or a value is missing.
  [
    "service create new",
    "Write: podling service create new --image IMAGE, or podling service create NAME --image new.",
  ],
  ["service create new nginx", "Write: podling service create new --image nginx, or"],
  ["service create nginx:1", "the name is missing. Write: podling service create NAME --image nginx:1"],
  ["job create new", "Write: podling job create new --image IMAGE, or podling job create NAME --image new"],
  ["job run --name a new --image app:1", "two names: new and --name a. Remove one of them."],
  ["config create app.env", "config create: FILE is missing. Usage: podling config create NAME FILE|-"],
  ["config create", "config create: NAME and FILE are missing"],
  ["service diff web", "service diff: N and M are missing"],
  ["volume move v", "Write: podling volume move v --to NODE"],
  ["service scale web", "Write SERVICE=N, such as web=5."],
  // A value is wrong.
  [`${create} --replicas x`, 'got "x". Write --replicas N: how many replicas are kept running.'],
  [`${create} --order first`, 'got "first". Write --order ORDER: start-first, stop-first'],
  [`${create} --timeout soon`, "Write --timeout TIME: wait at most this long"],
  [`${create} -v rel/path:/x`, "a relative path has no meaning on another node. Write NAME:/PATH[:ro]"],
  ["service scale web=2 --timeout soon", "--timeout: expected a duration"],
  ["service logs web -n few", "Write -n 20, or -n all."],
  ["job run new --image app:1 --timeout soon", "--timeout: expected a duration"],
  ["volume create new --writers 2", "Write --writers 1|many: how many tasks"],
  ["config inspect app.env@x", "app.env@x: a version is a number. Write NAME@VERSION, such as app.env@1."],
  // Flags that exclude each other, and flags of other tools.
  ["service update web --resolve --no-resolve-image", "exclude each other. Remove one of them."],
  ["service create new --selector a=b --replicas 2", "podling service create new --image IMAGE"],
  ["job ls --kind schedule --schedule nightly", "The jobs of a schedule: podling job ls --schedule nightly."],
  ["service ls --filter name=web", "write podling service ls -o json | jq"],
  ["service update web --name other", "a name never changes"],
  ["service scale --replicas 3 web", "podling service scale SERVICE=N"],
  ["job run new --image app:1 --schedule x", "podling job create NAME --image IMAGE --schedule CRON"],
  ["secret inspect s --raw", "its content leaves the master only to containers"],
  ["volume create new --driver nfs", "volume-driver=NAME"],
  ["pod ls", "Use podling pod list."],
  ["service stop web", "Use podling service scale NAME=0, or podling service rm NAME."],
])("podling %s is a usage error", async (line, says) => {
  const { code, out, err } = await podling(line);
  expect({ code, out }).toEqual({ code: 64, out: "" });
  expect(err).toContain(says);
});

test.each([
  // The master knows better.
  ["pod create new --container a:b --namespace a/b", "Check --namespace; see podling help pod create."],
  ["service create new --image :", "Check --image; see podling help service create."],
  ["job run new --image app:1 --deadline 0s", "Check --deadline; see podling help job run."],
  [`${create} --max-surge 0 --max-unavailable 0`, "Allow one to be missing (--max-unavailable 1)"],
  [`${create} --mode global --replicas 2`, "Leave replicas out, or make it replicated (--mode replicated)."],
  [`${create} --config nothing:/x`, "Create it with: podling config create nothing FILE"],
  ["job update import --image app:2", "Remove it first: podling job rm import."],
  ["job logs import --index 1", "the tasks of import have no index. Leave --index out: podling job logs import"],
  // There is something else of this name.
  ["inspect import", "import is a job: podling job inspect import shows it"],
  ["logs nightly", "nightly is a schedule: podling job inspect nightly"],
  ["job trigger import", "import is a job"],
  ["job logs web", "web is a service: podling service ps web lists its replicas"],
])("podling %s is refused", async (line, says) => {
  const { code, out, err } = await podling(line);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toContain(says);
});

test("nothing was made by any of them", async () => {
  expect(await ok("service ls -o name")).toBe("web\n");
  expect(await ok("job ls -o name")).toBe("import\nnightly\n");
  for (const list of ["pod list", "config ls", "secret ls", "volume ls"]) expect(await ok(`${list} -o name`)).toBe("");
});
