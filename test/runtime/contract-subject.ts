// A runtime under contract, and how the contracts ask it for containers. It goes through the port only; how a container
// comes to do something is for the harness to say. It asserts nothing but what every test needs.

import { expect } from "bun:test";
import { readFrames } from "../../src/lib/frames.ts";
import type { TaskId } from "../../src/model/ids.ts";
import type { CreateRequest, LogRequest } from "../../src/runtime/containers.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { RuntimeError } from "../../src/runtime/runtime-error.ts";
import type { ContainerAssignment, WireAssignment } from "../../src/worker/task/assignment.ts";
import { until } from "../../tools/lab/until.ts";
import { assigned, createRequest } from "../worker/samples.ts";

export interface RuntimeHarness {
  runtime: Runtime;
  /** An image that is there, and a reference that no registry has. */
  image: string;
  missingImage: string;
  /** Command and args of containers that do so. */
  programs: {
    forever: string[];
    stubborn: string[];
    exit: (code: number) => string[];
    print: (stdout: string, stderr: string) => string[];
    /** Prints a line "first", one of 40,000 times x and one "last" without a newline: engines divide long lines. */
    longLine: string[];
    unstartable: string[];
    /** Answers HTTP on a port: 200 at /, and an error at all else. */
    serve: (port: number) => string[];
  };
  /** Commands in such containers. bad writes "out" and "err", each to its own stream, and ends with 1. */
  commands: { good: string[]; bad: string[]; hang: string[] };
  /** Not through the runtime: an image that no other is like, another name for one, and a volume. */
  others: {
    makeImage(name: string): Promise<void>;
    nameImage(image: string, name: string): Promise<void>;
    makeVolume(name: string): Promise<void>;
  };
  /** Unique to this run. */
  clusterId: string;
  close(): Promise<void>;
}

export const nodeId = "node-contract";

export const allLogs: LogRequest = {
  ...{ follow: false, tail: null, sinceMs: null, timestamps: "none", stdout: true, stderr: true },
};

export class ContractSubject {
  readonly harness: RuntimeHarness;
  readonly runtime: Runtime;
  #count = 0;

  constructor(harness: RuntimeHarness) {
    this.harness = harness;
    this.runtime = harness.runtime;
  }

  /** A name for images and volumes of this run. */
  name(what: string): string {
    return `podling-${this.harness.clusterId}-${what}`;
  }

  newTask(words: string[], more: Partial<WireAssignment> = {}): ContainerAssignment {
    const serial = String(++this.#count).padStart(4, "0");
    const taskId = `20250101000000-${this.harness.clusterId.slice(-4)}${serial}` as TaskId;
    return assigned({ taskId, name: "t", image: this.harness.image, args: words, ...more });
  }

  request(task: ContainerAssignment): CreateRequest {
    return createRequest(task, { clusterId: this.harness.clusterId, nodeId });
  }

  async create(task: ContainerAssignment, more: Partial<CreateRequest> = {}): Promise<string> {
    const created = await this.runtime.containers.create({ ...this.request(task), ...more });
    if (created === "image-missing") throw new Error(`the harness promised ${task.spec.image}`);
    return created.containerId;
  }

  /** Created and started. */
  async run(words: string[], more: Partial<WireAssignment> = {}): Promise<string> {
    const containerId = await this.create(this.newTask(words, more));
    await this.runtime.containers.start(containerId);
    return containerId;
  }

  ended(containerId: string) {
    return until("the container to end", async () => {
      const state = await this.runtime.containers.inspect(containerId);
      return state?.status === "exited" && state;
    });
  }

  async written(containerId: string, more: Partial<LogRequest> = {}) {
    const { signal } = new AbortController();
    const stream = await this.runtime.containers.logs(containerId, { ...allLogs, ...more }, signal);
    const text = { stdout: "", stderr: "" };
    for await (const { stream: name, payload } of readFrames(stream!)) text[name] += new TextDecoder().decode(payload);
    return text;
  }

  /** Removes what the contracts created. */
  async close(): Promise<void> {
    const { containers, images, volumes } = this.runtime;
    for (const { containerId } of await containers.list(this.harness.clusterId, nodeId))
      await containers.remove(containerId);
    for (const { name } of await volumes.list(false)) if (name.startsWith(this.name(""))) await volumes.remove(name);
    for (const { imageId, names } of await images.list())
      if (names.some((one) => one.startsWith(this.name("")))) await images.remove(imageId, names);
    await this.harness.close();
  }
}

/** The RuntimeError that a call ends with. */
export async function refusal(call: Promise<unknown>): Promise<RuntimeError> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RuntimeError);
  return error as RuntimeError;
}
