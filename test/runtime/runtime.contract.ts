// What every runtime promises, as tests: run against a real engine and against the simulated one. It asks through the
// port only; how a container comes to do something is the harness's affair.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFrames } from "../../src/lib/frames.ts";
import { containerLabels, containerName } from "../../src/model/cluster.ts";
import type { TaskId } from "../../src/model/ids.ts";
import { type CreateRequest, type LogRequest, type Runtime, RuntimeError } from "../../src/runtime/runtime.ts";
import type { ContainerAssignment, WireAssignment } from "../../src/worker/task/assignment.ts";
import { until } from "../../tools/lab/until.ts";
import { assigned, createRequest } from "../worker/samples.ts";

export interface RuntimeHarness {
  runtime: Runtime;
  /** An image that is there, and a reference that no registry has. */
  image: string;
  missingImage: string;
  /** Words (command and args) of containers that do so. */
  programs: {
    forever: string[];
    stubborn: string[];
    exit: (code: number) => string[];
    print: (stdout: string, stderr: string) => string[];
    unstartable: string[];
  };
  /** Behind the runtime's back: an image that no other is like, another name for one, and a volume. */
  others: {
    makeImage(name: string): Promise<void>;
    nameImage(image: string, name: string): Promise<void>;
    makeVolume(name: string): Promise<void>;
  };
  /** Unique to this run. */
  clusterId: string;
  close(): Promise<void>;
}

const nodeId = "node-contract";
const all: LogRequest = { follow: false, tail: null, sinceMs: null, timestamps: false, stdout: true, stderr: true };

export function runtimeContract(title: string, open: () => Promise<RuntimeHarness>): void {
  describe(title, () => {
    let harness: RuntimeHarness;
    let runtime: Runtime;
    let count = 0;

    beforeAll(async () => {
      harness = await open();
      runtime = harness.runtime;
    });

    afterAll(async () => {
      if (!harness) return;
      for (const { containerId } of await runtime.list(harness.clusterId, nodeId)) await runtime.remove(containerId);
      await harness.close();
    });

    const newTask = (words: string[], more: Partial<WireAssignment> = {}): ContainerAssignment => {
      count++;
      const taskId = `20250101000000-${harness.clusterId.slice(0, 4)}${String(count).padStart(4, "0")}` as TaskId;
      return assigned({ taskId, name: "t", image: harness.image, args: words, ...more });
    };
    const request = (task: ContainerAssignment) => createRequest(task, { clusterId: harness.clusterId, nodeId });
    const create = async (task: ContainerAssignment, more: Partial<CreateRequest> = {}): Promise<string> => {
      const created = await runtime.create({ ...request(task), ...more });
      if (created === "image-missing") throw new Error(`the harness promised ${task.spec.image}`);
      return created.containerId;
    };
    const run = async (words: string[], more: Partial<WireAssignment> = {}): Promise<string> => {
      const containerId = await create(newTask(words, more));
      await runtime.start(containerId);
      return containerId;
    };
    const ended = (containerId: string) =>
      until("the container to end", async () => {
        const state = await runtime.inspect(containerId);
        return state?.status === "exited" && state;
      });
    const written = async (containerId: string, more: Partial<LogRequest> = {}) => {
      const stream = await runtime.logs(containerId, { ...all, ...more }, new AbortController().signal);
      const text = { stdout: "", stderr: "" };
      for await (const { stream: name, payload } of readFrames(stream!))
        text[name] += new TextDecoder().decode(payload);
      return text;
    };
    const refusal = async (call: Promise<unknown>): Promise<RuntimeError> => {
      const error = await call.then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(RuntimeError);
      return error as RuntimeError;
    };

    test("answers, and says what it is", async () => {
      await runtime.ping();
      const { engine, cpu, memory } = await runtime.info();
      expect(engine.os).toBe("linux");
      expect(engine.arch).toMatch(/^(amd64|arm64)$/);
      expect(cpu).toBeGreaterThan(0);
      expect(memory).toBeGreaterThan(0);
    });

    test("creates, starts, inspects, stops and removes; each of them twice does no harm", async () => {
      const task = newTask(harness.programs.forever);
      const containerId = await create(task);
      expect(await create(task)).toBe(containerId);
      const created = await runtime.inspect(containerId);
      expect(created).toMatchObject({ containerId, taskId: task.taskId, nodeId, status: "created", exitCode: null });
      expect(created?.startedAt).toBeNull();
      await runtime.start(containerId);
      await runtime.start(containerId);
      const running = await runtime.inspect(containerId);
      expect(running).toMatchObject({ status: "running", exitCode: null, finishedAt: null });
      expect(Date.parse(running!.startedAt!)).toBeGreaterThan(0);
      await runtime.stop(containerId, 0);
      await runtime.stop(containerId, 0);
      const stopped = await runtime.inspect(containerId);
      expect(stopped).toMatchObject({ status: "exited", startedAt: running!.startedAt });
      expect(stopped!.exitCode).toBeGreaterThan(128);
      await runtime.remove(containerId);
      await runtime.remove(containerId);
      expect(await runtime.inspect(containerId)).toBeNull();
      await runtime.stop(containerId, 0);
    });

    test("a container is found by name and by id, and says which container of its task it is: main without a label", async () => {
      const task = newTask(harness.programs.forever);
      const [main, side] = [await create(task), await create({ ...task, spec: { ...task.spec, name: "side" } })];
      expect((await runtime.inspect(containerName(task.taskId)))?.containerId).toBe(main);
      const { [containerLabels.container]: _, ...labels } = request(task).labels;
      const old = await create(newTask(harness.programs.forever), { labels });
      const names = await Promise.all([main, side, old].map(async (id) => (await runtime.inspect(id))?.container));
      expect(names).toEqual(["main", "side", "main"]);
    });

    test("gives the true exit code", async () => {
      const containerId = await run(harness.programs.exit(3));
      const state = await ended(containerId);
      expect(state.exitCode).toBe(3);
      expect(Date.parse(state.finishedAt!)).toBeGreaterThanOrEqual(Date.parse(state.startedAt!));
    });

    test("an ended container is started again", async () => {
      const containerId = await run(harness.programs.exit(4));
      const first = await ended(containerId);
      await runtime.start(containerId);
      const second = await until("the second run to end", async () => {
        const state = await runtime.inspect(containerId);
        return state?.status === "exited" && state.startedAt !== first.startedAt && state;
      });
      expect(second.exitCode).toBe(4);
    });

    test("kills after the grace what does not stop", async () => {
      const containerId = await run(harness.programs.stubborn);
      await runtime.stop(containerId, 1);
      expect((await runtime.inspect(containerId))?.exitCode).toBe(137);
    });

    test("lists only what carries the labels of the cluster and the node", async () => {
      const containerId = await create(newTask(harness.programs.forever));
      const ids = (await runtime.list(harness.clusterId, nodeId)).map((state) => state.containerId);
      expect(ids).toContain(containerId);
      expect(await runtime.list(harness.clusterId, "node-other000")).toEqual([]);
      expect(await runtime.list("othercluster", nodeId)).toEqual([]);
    });

    test("says that an image is missing, and a pull says why it cannot come", async () => {
      const task = newTask(harness.programs.forever, { image: harness.missingImage });
      expect(await runtime.create(request(task))).toBe("image-missing");
      const { signal } = new AbortController();
      const never = await refusal(runtime.pull(harness.missingImage, "never", null, () => {}, signal));
      expect(never).toMatchObject({ code: "image-not-present", temporary: false });
      const missing = await refusal(runtime.pull(harness.missingImage, "missing", null, () => {}, signal));
      expect(["image-not-found", "registry-unreachable"]).toContain(missing.code);
      expect(missing.message).toContain(harness.missingImage);
      await runtime.pull(harness.image, "missing", null, () => {}, signal);
    });

    test("publishes ports that it chooses, and refuses one that is taken", async () => {
      const ports = [{ hostPort: null, containerPort: 80, protocol: "tcp" as const, hostIp: "127.0.0.1" }];
      const first = await run(harness.programs.forever, { ports });
      const [published] = (await runtime.inspect(first))!.publishedPorts;
      expect(published).toMatchObject({ containerPort: 80, protocol: "tcp", hostIp: "127.0.0.1" });
      expect(published!.hostPort).toBeGreaterThan(0);
      const second = await create(
        newTask(harness.programs.forever, { ports: [{ ...ports[0]!, hostPort: published!.hostPort }] }),
      );
      expect(await refusal(runtime.start(second))).toMatchObject({ code: "port-in-use", temporary: true });
      expect((await runtime.inspect(second))?.status).toBe("created");
      await runtime.remove(first);
      await runtime.start(second);
      expect((await runtime.inspect(second))?.publishedPorts).toEqual([published!]);
    });

    test("says why a program cannot start", async () => {
      const containerId = await create(newTask([], { command: harness.programs.unstartable, args: [] }));
      expect(await refusal(runtime.start(containerId))).toMatchObject({ code: "start-failed", temporary: false });
      const state = await runtime.inspect(containerId);
      expect(state).toMatchObject({ status: "created", exitCode: 127 });
      expect(state!.error).not.toBe("");
    });

    test("starting what has been removed says that it is lost", async () => {
      const containerId = await create(newTask(harness.programs.forever));
      await runtime.remove(containerId);
      expect(await refusal(runtime.start(containerId))).toMatchObject({ code: "container-lost", temporary: true });
    });

    test("keeps stdout and stderr apart, from the end and with times where asked", async () => {
      const containerId = await run(harness.programs.print("one\ntwo", "oops"));
      await ended(containerId);
      expect(await written(containerId)).toEqual({ stdout: "one\ntwo\n", stderr: "oops\n" });
      expect(await written(containerId, { stderr: false })).toEqual({ stdout: "one\ntwo\n", stderr: "" });
      // Engines count the lines of both streams, whichever of them is asked for.
      const last = await written(containerId, { tail: 1 });
      expect((last.stdout + last.stderr).split("\n")).toHaveLength(2);
      expect((await written(containerId, { timestamps: true })).stderr).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z oops\n$/);
      const { finishedAt } = (await runtime.inspect(containerId))!;
      expect(await written(containerId, { sinceMs: Date.parse(finishedAt!) + 60_000 })).toEqual({
        stdout: "",
        stderr: "",
      });
      expect(await runtime.logs("0".repeat(64), all, new AbortController().signal)).toBeNull();
    });

    test("a followed log ends with its container, and when nobody reads on", async () => {
      const containerId = await run(harness.programs.forever);
      const reading = written(containerId, { follow: true });
      const left = new AbortController();
      const stream = (await runtime.logs(containerId, { ...all, follow: true }, left.signal))!;
      left.abort();
      const cut = await stream
        .getReader()
        .read()
        .then(
          ({ done }) => done,
          () => true,
        );
      expect(cut).toBe(true);
      await runtime.stop(containerId, 0);
      expect(await reading).toEqual({ stdout: "", stderr: "" });
    });

    test("tells of starts, ends and removals, of this cluster's containers alone", async () => {
      const listening = new AbortController();
      const heard: string[] = [];
      let over: Promise<void> = Promise.resolve();
      await new Promise<void>((opened) => {
        over = runtime.events(harness.clusterId, opened, ({ taskId }) => heard.push(taskId), listening.signal);
      });
      const task = newTask(harness.programs.forever);
      const containerId = await create(task);
      const count = () => heard.filter((taskId) => taskId === task.taskId).length;
      await runtime.start(containerId);
      await until("the start", () => count() >= 1);
      const started = count();
      await runtime.stop(containerId, 0);
      await until("the end", () => count() > started);
      const stopped = count();
      await runtime.remove(containerId);
      await until("the removal", () => count() > stopped);
      listening.abort();
      await over;
    });
  });
}
