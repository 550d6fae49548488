// Answers to what people type in their first hour: words of other tools, times, names, and lists of nothing.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Asked, Cluster, podling, until } from "./harness.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = new Cluster();
  await cluster.node("n1", { address: "10.0.0.7" });
});
afterAll(() => cluster.stop());

const plain = { NO_COLOR: "1" };

describe("a usage error with what to write", () => {
  test.each([
    ["events -f", "events has no -f: it follows by itself"],
    ["events --follow", "it follows by itself"],
    ["events --since yesterday", "Write 10m, 2025-01-19T12:34:56 or 67."],
    ["events --since 2025-02-30", "--since 2025-02-30: there is no such time"],
    ["events --since 1700000000000", "Write seconds: 1700000000."],
    ["events --until 5m", "timeout 2 podling events --since 1h"],
    ["logs web --since yesterday", "Write 10m, 2025-01-19T12:34:56 or seconds since 1970."],
    ["logs web --since 10", "Write 10s or 10m."],
    ["logs web --since -5m", "expected a time"],
    ["logs web --until 5m", "awk '$1 < "],
    ["prune --older-than 2025-01-19", "--older-than: expected a duration such as 30s, 5m or 24h"],
    ["wait web --timeout 2025-01-19", "--timeout: expected a duration"],
    ["wait web --timeout -1s", "--timeout: expected a duration"],
    ["stop web --timeout soon", "--timeout: expected a duration"],
    [
      "context add prod http://m:1",
      "Write the address of the master as a flag: podling context add prod --master http://m:1",
    ],
    ["run web --image nginx --ulimit nofile=4:2 -d", "Write NAME=SOFT:HARD, with SOFT at most HARD."],
    ["run web --image nginx --dns nowhere -d", "Check --dns, --dns-search and --dns-option; see podling help run."],
    ["run web --image nginx -m lots -d", "Check -m, --cpus, --reserve-memory and --reserve-cpu; see podling help run."],
    ["ps --filter status=exited", "Write status=completed,failed,stopped."],
    ["ps --filter status=Created", "Write status=pending,scheduled."],
    ["ps --filter status=paused", "A task cannot be paused."],
    ["run web --image nginx --constraint disk=ssd", "Write --constraint disk==ssd"],
    ["run web --image nginx --constraint node=n1", "Write --constraint node==n1"],
    ["run web --image nginx --platform arm64", "Write --platform linux/arm64"],
    ["run web --image nginx --platform x86_64", "Write --platform linux/amd64"],
    ["run my/web --image nginx -d", "Write my-web"],
    ["run web --image BusyBox -d", "an image reference in lower case"],
    ["run web --image a//b -d", "without empty parts at its slashes"],
    ["run web --image :1 -d", "with a name before the tag"],
    ["run web --image a:b:c -d", "with one tag"],
    ["run web --image r.io:999999/x -d", "a port of at most 65535"],
  ])("podling %s", async (line, says) => {
    const { code, err, out } = await cluster.podling(line);
    expect([code, out]).toEqual([64, ""]);
    expect(err).toContain(says);
  });
});

describe("commands of other tools", () => {
  test.each([
    ["exec,attach,shell", "docker exec -it CONTAINER sh"],
    ["top,stats", "podling nodes shows what is reserved"],
    ["cp x,port x,diff x", "podling inspect TASK"],
    ["rename x,update x,edit x,label x", "A task is never changed"],
    ["pull x,images,image ls,rmi x", "podling node clean NODE --images"],
    ["push x,build .,search x,tag x", "Use docker "],
    ["node ls,node list", "Use podling nodes"],
    ["node ps", "podling ps --filter node=NODE"],
    ["node show n1,node describe n1", "podling node inspect NODE"],
    ["node remove n1,node delete n1", "podling node rm NODE"],
    ["task ls,tasks,container ls,alloc status,get pods", "podling ps"],
    ["jobs,job status,job list", "podling job ls"],
    ["job stop x", "podling job suspend JOB"],
    ["deployment x,replicaset x", "podling service ls, create, update"],
    ["services", "podling service ls"],
    ["deploy x", "podling service create NAME --image IMAGE"],
    ["scale web=3", "podling service scale NAME=N"],
    ["job plan x,compose up,stack deploy,app apply", "podling apply -f FILE"],
    ["compose down,app rm", "podling down APP"],
    ["compose ls,app list,apps", "podling ls"],
    ["compose config", "podling validate -f FILE -o json"],
    ["system prune,volume prune,image prune", "podling node clean"],
    ["network ls", "There are no networks to manage"],
    ["volumes", "Use podling volume ls"],
    ["login", "podling registry login REGISTRY"],
    ["swarm init,init,cluster x", "podling up on one machine"],
    ["join,swarm join", "podling worker --master URL"],
    ["info,health,ping", "podling doctor"],
    ["show x", "podling inspect TASK"],
    ["tail x", "podling logs -f TASK"],
    ["watch", "podling ps -w"],
    ["pause x", "podling stop TASK"],
    ["server members", "podling nodes"],
    ["port-forward x,expose x", "-p 8090:80"],
    ["inspect -f x,inspect --format x", "podling inspect TASK | jq -r .status"],
    ["ps --format x", "podling ps -o json | jq -r '.[].name'"],
    ["ps -o yaml,nodes -o jsonpath=x", "write -o json and use jq"],
    ["ps -n 3", "podling ps -a | tail -n 3"],
    ["ps --no-trunc,nodes --no-trunc", "in a pipe nothing is cut"],
    ["ps -A", "there are no namespaces"],
    ["ps --no-headers", "podling ps | tail -n +2"],
    ["ps --sort-by x", "podling ps -o json | jq 'sort_by(.name)'"],
    ["nodes --sort-by x", "podling nodes -o json | jq 'sort_by(.hostname)'"],
    ["stop --all", "podling stop $(podling ps -q)"],
    ["rm --all", "podling rm -f $(podling ps -q)"],
    ["run --node n1 x", "--constraint node==NAME"],
    ["up -d,up --daemon,master -d,worker --detach", "podling systemd install"],
    ["up --config x", "settings are flags"],
    ["logs --previous x,logs -p x", "podling explain TASK"],
    ["container rm -f x,task rm x", "Use podling rm."],
    ["container ps,task ps", "Use podling ps."],
    ["container exec x ls", "docker exec -it CONTAINER sh"],
    ["container start x,start x", "run again with podling run"],
    ["stop -s INT x,restart --signal INT x", "podling kill -s SIGNAL TASK"],
    ["stop -f x,restart --now x", "write -t 0, or podling kill TASK"],
    ["stop -l a=b,kill --selector a=b", "$(podling ps -q -l KEY=VALUE)"],
    ["kill -9 x", "write -s KILL"],
    ["kill -HUP x", "write -s HUP"],
    ["rm --grace-period=0 x", "podling stop -t SECONDS TASK"],
    ["events --filter type=container", "jq -c 'select(.task.name"],
    ["events -n 5,events --tail 5", "write --since"],
    ["events --format x,version --format x,node inspect --pretty n1,context ls --format x", "write -o json and use jq"],
    ["doctor --json", "write -o json"],
    ["ps --namespace x,stop -A x", "there are no namespaces"],
    ["-H tcp://x ps,events -H tcp://x", "write --master URL"],
    ["prune -f,prune --force,node clean -f", "write -y"],
    ["prune --all,prune -a", "podling node clean --images"],
    ["prune --filter until=24h", "podling prune --older-than TIME"],
    ["ps --filter ancestor=nginx", "select(.image =="],
    ["logs --lines 5 x", "write -n LINES"],
    ["wait -t 5 x", "write --timeout TIME"],
    ["up --build,up --scale web=3", "use podling run"],
    ["run -q x", "2>/dev/null"],
    ["run --limit-memory 64m x", "write -m SIZE"],
  ])("%s", async (lines, says) => {
    for (const line of lines.split(",")) {
      const { code, err } = await cluster.podling(line);
      expect([line, code]).toEqual([line, 64]);
      expect(err, line).toContain(says);
    }
  });

  test("-V is the version", async () => {
    expect((await podling("-V")).out).toContain("1.2.3");
  });

  test("work in a container of a task that exists has the line to type", async () => {
    await cluster.running("web-1");
    for (const [typed, line] of [
      ["exec -it web-1 sh", "exec -it c0ffee sh"],
      ["exec web-1 ls /etc", "exec c0ffee ls /etc"],
      ["exec web-1 -- ls /etc", "exec c0ffee ls /etc"],
      ["exec -it -u root web-1 sh", "exec -it -u root c0ffee sh"],
      ["exec web-1", "exec -it c0ffee sh"],
      ["shell web-1", "exec -it c0ffee sh"],
      ["top web-1", "top c0ffee"],
      ["cp web-1:/etc/x .", "cp c0ffee:/etc/x ."],
      ["cp ./x web-1:/etc/x", "cp ./x c0ffee:/etc/x"],
      ["exec web-1 ls --token=secret", "exec -it c0ffee sh"],
    ] as const) {
      const word = typed.split(" ")[0];
      const err = `error: podling has no command "${word}" yet. web-1 is on n1. Type there: docker ${line}\n`;
      expect((await cluster.podling(typed)).err).toBe(err);
    }
    const { err } = await cluster.podling(["exec", "web-1", "sh", "-c", "echo $HOME; ls"]);
    expect(err).toContain("docker exec c0ffee sh -c 'echo $HOME; ls'\n");
  });
});

describe("work in a container that does not run says so, and what to use", () => {
  const ended = async (name: string, more: object) => {
    const { taskId } = await cluster.running(name);
    await cluster.report(taskId, { reason: { code: "exited", message: "ended" }, ...more } as never);
  };
  const after = (name: string) =>
    `podling logs ${name} shows its output, podling explain ${name} why it ended. To run it again: podling run ${name} --image nginx`;

  test.each(["exec -it NAME sh", "attach NAME", "top NAME", "stats NAME"])("%s", async (line) => {
    const of = (name: string) => cluster.podling(line.replace("NAME", name));
    const word = line.split(" ")[0]!;
    await ended(`done-${word}`, { status: "completed", exitCode: 0 });
    await ended(`failed-${word}`, { status: "failed", exitCode: 3 });
    await cluster.create(`waits-${word}`, { constraints: ["disk==tape"] });
    for (const [name, status] of [
      [`done-${word}`, "completed"],
      [`failed-${word}`, "failed"],
    ] as const) {
      const says = `${name} is ${status}, so no container of it runs. ${after(name)}`;
      expect(await of(name)).toEqual({
        code: 64,
        out: "",
        err: `error: podling has no command "${word}" yet. ${says}\n`,
      });
    }
    const { code, err } = await of(`waits-${word}`);
    expect([code, err]).toEqual([64, expect.stringContaining(`waits-${word} has no container yet: `)]);
    expect(err).toContain(`See podling explain waits-${word}`);
    expect(err).not.toContain("docker");
  });

  test("cp and diff read the container after its end, as docker's do", async () => {
    await ended("ended", { status: "completed", exitCode: 0 });
    expect((await cluster.podling("cp ended:/etc/x .")).err).toContain("docker cp c0ffee:/etc/x .");
    expect((await cluster.podling("diff ended")).err).toContain("docker diff c0ffee");
  });
});

describe("a name of the other kind", () => {
  test.each(["inspect n1", "explain n1", "logs n1", "wait n1", "stop n1", "rm n1"])("podling %s", async (line) => {
    const { code, err } = await cluster.podling(line);
    expect(code).toBe(1);
    expect(err).toContain(
      "n1 is a node: podling node inspect n1 shows it, podling ps --filter node=n1 lists its tasks",
    );
  });

  test("podling node inspect TASK", async () => {
    await cluster.create("other-kind");
    const { err } = await cluster.podling("node inspect other-kind");
    expect(err).toContain("other-kind is a task: podling inspect other-kind");
  });
});

test.each(["5m", "2020-01-01", "2020-01-01T00:00:00+02:00", "1577836800", "1577836800.5", "0"])(
  "events --since %s shows what came after",
  async (since) => {
    await cluster.create(`seen-${since.length}-${since[0]}`);
    const running = cluster.start(`events --since ${since}`);
    await until(() => new RegExp(`task seen-${since.length}-${since[0]} .*scheduled`).test(running.out()));
    expect(running.err()).toBe("");
  },
);

test("events --since a time leaves out what came before it, and says that it is to come", async () => {
  const event = (revision: number, at: string) => {
    const data = JSON.stringify({ revision, at, type: "task.removed", taskId: "t", name: `at-${revision}` });
    return `id: ${revision}\nevent: change\ndata: ${data}\n\n`;
  };
  const sent = event(7, "2099-12-31T23:59:59.999Z") + event(8, "2100-01-01T00:00:00.000Z");
  const refused = JSON.stringify({ error: "no", code: "unauthorized", hint: "" });
  const asked: string[] = [];
  const fetch = async (url: string) => {
    asked.push(new URL(url).search);
    return asked.length === 1 ? new Response(sent) : new Response(refused, { status: 401 });
  };
  const { out, err } = await cluster.start("events --since 2100-01-01T00:00:00Z", { fetch }).ended;
  expect(out).toMatch(/^\S+ r8 task at-8 \(t\) removed\n$/);
  expect(err).toStartWith("--since 2100-01-01T00:00:00Z is in the future; the master's clock shows ");
  expect(asked).toEqual(["?since=0", "?since=8"]);
});

test("a number with r is always a revision", async () => {
  const { code, err } = await cluster.podling("events --since r1700000000");
  expect([code, err]).toEqual([1, expect.stringContaining("revision 1700000000 has not happened yet")]);
});

test("ps of nothing says what has finished, and a part of a name is enough", async () => {
  const empty = new Cluster();
  try {
    const list = async (line: string) => (await empty.podling(line, { terminal: 80, env: plain })).err;
    expect(await list("ps")).toBe("no tasks. Start one with: podling run web --image nginx\n");
    await empty.node("n1");
    const { taskId } = await empty.running("web-api");
    expect((await empty.podling("ps -q --filter name=api")).out).toBe(`${taskId}\n`);
    await empty.report(taskId, { status: "completed", exitCode: 0, reason: { code: "exited", message: "done" } });
    expect(await list("ps")).toBe("no task is running; 1 has finished: podling ps -a\n");
    expect(await list("ps -l app=x")).toBe("no task matches\n");
    expect((await empty.podling("ps")).out).toMatch(/^NAME .*\n$/);
  } finally {
    await empty.stop();
  }
});

test("run says what became of a program that ends at once", async () => {
  const reason = { code: "exited", message: "exited with code 1" } as const;
  const ends: Asked["fetch"] = async (url, init) => {
    const started = /\/tasks\/[^/?]+$/.test(url) ? await cluster.task("brief") : null;
    if (started) await cluster.report(started.taskId, { status: "failed", exitCode: 1, reason });
    return fetch(url, init);
  };
  const waiting = cluster.start("run brief --image nginx", { fetch: ends });
  const { taskId } = await until(() => cluster.task("brief"));
  await cluster.report(taskId, {
    status: "running",
    containerId: "c",
    reason: { code: "running", message: "running" },
  });
  const { code, out, err } = await waiting.ended;
  expect([code, out]).toEqual([0, `${taskId}\n`]);
  expect(err).toMatch(
    /^brief was started on n1 after .*, and has ended: exited with code 1\. Its output: podling logs brief\n$/,
  );
});

test("on a terminal, run waits for the end of a program that ends soon after its start", async () => {
  const waits: Asked["fetch"] = (url, init) => {
    if (url.includes("wait=finished")) asked.resolve();
    // The answer comes with the report, however busy the machine is.
    return fetch(url.replace(/timeout=\d+ms/, "timeout=60s"), init);
  };
  const asked = Promise.withResolvers<void>();
  const waiting = cluster.start("run short --image nginx", { fetch: waits, terminal: 200 });
  const { taskId } = await until(() => cluster.task("short"));
  const running = { code: "running", message: "running" } as const;
  await cluster.report(taskId, { status: "running", containerId: "c", reason: running });
  await asked.promise;
  const reason = { code: "exited", message: "exited with code 7" } as const;
  await cluster.report(taskId, { status: "failed", exitCode: 7, reason });
  expect((await waiting.ended).err).toContain(", and has ended: exited with code 7. Its output: podling logs short");
});

test("on a terminal, run does not wait for a master that goes away right after the start", async () => {
  const away: Asked["fetch"] = async (url, init) => {
    if (url.includes("wait=finished")) throw new Error("connection refused");
    return fetch(url, init);
  };
  const waiting = cluster.start("run left --image nginx", { fetch: away, terminal: 200 });
  const { taskId } = await until(() => cluster.task("left"));
  const reason = { code: "running", message: "running" } as const;
  await cluster.report(taskId, { status: "running", containerId: "c", reason });
  const { code, out, err } = await waiting.ended;
  expect([code, out]).toEqual([0, `${taskId}\n`]);
  expect(err).toContain("left is running on n1 after ");
  expect(err).not.toContain("reconnecting");
  await cluster.report(taskId, { status: "completed", exitCode: 0, reason: { code: "exited", message: "done" } });
});

describe("which machine 127.0.0.1 is", () => {
  const report = async (name: string, hostIp: string) => {
    const waiting = cluster.start(`run ${name} --image nginx -p 80`, { ownAddresses: ["10.0.0.1"] });
    const { taskId } = await until(() => cluster.task(name));
    const publishedPorts = [{ hostIp, hostPort: 32768, containerPort: 80, protocol: "tcp" as const }];
    const reason = { code: "running", message: "running" } as const;
    await cluster.report(taskId, { status: "running", containerId: "c", reason, publishedPorts });
    return (await waiting.ended).err;
  };

  test("is said where it is another one's", async () => {
    expect(await report("far", "127.0.0.1")).toContain(
      "\n127.0.0.1 is that of n1: only n1 itself reaches it. For other machines: -p 0.0.0.0:32768:80\n",
    );
    expect(await report("open", "0.0.0.0")).not.toContain("reaches");
  });
});

test("a password in the master's URL is not printed", async () => {
  const master = "http://admin:secret@127.0.0.1:1";
  for (const line of ["ps -v", "version", "doctor --docker-host unix:///nowhere", "events", "context ls"]) {
    const { out, err } = await podling(`${line} --master ${master}`);
    expect(out + err).not.toContain("secret");
  }
  expect((await podling(`ps --master ${master}`)).err).toContain("cannot reach http://***@127.0.0.1:1: ");
  expect((await podling("ps --master ftp://admin:secret@x")).err).toContain("ftp://***@x");
  expect((await podling(`--image x --master ${master} run web`)).err).not.toContain("secret");
});

test("text that steers a terminal comes out of inspect and -o json as escapes, with the same value", async () => {
  const value = "a\u009b31m\u009dx\u202egpj.exe\u2066";
  await cluster.create("steers", { labels: { note: value } });
  for (const line of ["inspect steers", "ps -o json --filter name=steers"]) {
    const { out } = await cluster.podling(line);
    expect(out).not.toMatch(/[\u0080-\u009f\u202a-\u202e\u2066-\u2069]/);
    expect(out).toContain("\\u009b31m\\u009dx\\u202egpj.exe\\u2066");
    const [found] = [JSON.parse(out)].flat() as { labels: Record<string, string> }[];
    expect(found!.labels.note).toBe(value);
  }
});

test("the words of the platform about connections are not passed on", async () => {
  const fetch = async () => {
    throw new Error("Unable to connect. Is the computer able to access the url?");
  };
  const { err } = await podling("ps --master http://10.255.0.1:8080", { fetch });
  expect(err).toStartWith("error: cannot reach http://10.255.0.1:8080: no connection. ");
});

test("help shows the commands last, and the flags of every command by themselves", async () => {
  const { out } = await podling("help");
  expect(out.split("\n").slice(-4).join("\n")).toMatch(/ {2}help +Show the help of a command\n\npodling help COMMAND/);
  expect(out.split("\n").length).toBeLessThan(64);
  expect((await podling("help flags")).out).toContain("--token TOKEN");
});
