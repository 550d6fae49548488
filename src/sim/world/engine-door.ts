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

function door<T extends object>(process: Process, port: T, onCall: CallObserver): T {
  const guarded = new Map<string | symbol, unknown>();
  return new Proxy(port, {
    get(target, name) {
      const known = guarded.get(name);
      if (known !== undefined) return known;
      const method = Reflect.get(target, name) as unknown;
      // A resource of the port, such as its containers: its methods pass the same door.
      if (typeof method === "object" && method !== null) {
        const resource = door(process, method, onCall);
        guarded.set(name, resource);
        return resource;
      }
      if (typeof method !== "function") return method;
      const call = (...values: unknown[]) => {
        if (!process.alive) return new Promise(() => {});
        onCall(String(name), values);
        return behind(process, (method as Method).apply(target, guardAll(process, values)));
      };
      guarded.set(name, call);
      return call;
    },
  });
}

/** Callbacks reach the worker, too. */
function guardAll(process: Process, values: unknown[]): unknown[] {
  if (!values.some((value) => typeof value === "function")) return values;
  return values.map((value) =>
    typeof value === "function" ? (...more: unknown[]) => process.enter(() => (value as Method)(...more)) : value,
  );
}

function behind(process: Process, answer: unknown): unknown {
  if (!(answer instanceof Promise)) return answer;
  return new Promise((resolve, reject) => {
    answer.then(
      (value) => process.enter(() => resolve(value)),
      (error) => process.enter(() => reject(error)),
    );
  });
}
