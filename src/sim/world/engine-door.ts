// A worker's way to the engine of its machine: every call and every answer goes through its process, so that a killed
// worker gets no answer, and its engine goes on without it. It knows no method of the port by name.

import type { Runtime } from "../../runtime/runtime.ts";
import type { Process } from "./process.ts";

type Method = (...values: unknown[]) => unknown;

/** Called with the name and the arguments of each call. */
export type CallObserver = (name: string, values: readonly unknown[]) => void;

export function engineDoor(process: Process, engine: Runtime, onCall: CallObserver): Runtime {
  return door(process, engine, onCall);
}

/** An object with the names of the port. What a name leads to is made when it is first asked for. */
function door<T extends object>(process: Process, port: T, onCall: CallObserver): T {
  const guarded = {};
  const behind = answersThrough(process);
  for (const name of namesOf(port)) {
    const keep = (value: unknown) => {
      Object.defineProperty(guarded, name, { value });
      return value;
    };
    const get = () => {
      const found = Reflect.get(port, name) as unknown;
      // A resource of the port, such as its containers: its methods pass the same door.
      if (typeof found === "object" && found !== null) return keep(door(process, found, onCall));
      if (typeof found !== "function") return found;
      return keep((...values: unknown[]) => {
        if (!process.alive) return new Promise(() => {});
        onCall(name, values);
        return behind((found as Method).apply(port, guardAll(process, values)));
      });
    };
    Object.defineProperty(guarded, name, { get, configurable: true });
  }
  return guarded as T;
}

/** The properties of an object and of its classes. */
function namesOf(port: object): Set<string> {
  const names = new Set<string>();
  for (let at = port; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const name of Object.getOwnPropertyNames(at)) if (name !== "constructor") names.add(name);
  }
  return names;
}

/** Callbacks reach the worker, too, and what the worker sends as a stream ends with it. */
function guardAll(process: Process, values: unknown[]): unknown[] {
  if (!values.some((value) => typeof value === "function" || value instanceof ReadableStream)) return values;
  return values.map((value) => {
    if (value instanceof ReadableStream) return sentBy(process, value as ReadableStream<Uint8Array>);
    return typeof value === "function"
      ? (...more: unknown[]) => process.enter(() => (value as Method)(...more))
      : value;
  });
}

/** The same stream. Its reader waits while the process is paused, and without end once the process has ended. */
function sentBy(process: Process, stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  const through = answersThrough(process);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = (await through(reader.read())) as { done: boolean; value?: Uint8Array };
        if (done) controller.close();
        else controller.enqueue(value!);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** Passes the answer to a call on to the process, which gets it later if it is paused, and never if it has ended. */
function answersThrough(process: Process): (answer: unknown) => unknown {
  const resolved = (value: unknown) =>
    process.runs ? value : new Promise((resolve) => process.enter(() => resolve(value)));
  const rejected = (error: unknown) => {
    if (process.runs) throw error;
    return new Promise((_, reject) => process.enter(() => reject(error)));
  };
  return (answer) => (answer instanceof Promise ? answer.then(resolved, rejected) : answer);
}
