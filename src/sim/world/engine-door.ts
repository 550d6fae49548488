// A worker's way to the engine of its machine: every call and every answer passes the door of its process, so that a
// killed worker hears nothing more, and its engine goes on without it. It knows no method of the port by name.

import type { Runtime } from "../../runtime/runtime.ts";
import type { Process } from "./process.ts";

type Method = (...values: unknown[]) => unknown;

/** Told of each call, with its name and words. */
export type CallObserver = (name: string, words: readonly unknown[]) => void;

export function engineDoor(process: Process, engine: Runtime, onCall: CallObserver): Runtime {
  return new Proxy(engine, {
    get(target, name) {
      const method = Reflect.get(target, name) as unknown;
      if (typeof method !== "function") return method;
      return (...words: unknown[]) => {
        if (!process.alive) return new Promise(() => {});
        onCall(String(name), words);
        return behind(
          process,
          (method as Method).apply(
            target,
            words.map((word) => guarded(process, word)),
          ),
        );
      };
    },
  });
}

/** Callbacks are ways in, too. */
function guarded(process: Process, word: unknown): unknown {
  if (typeof word !== "function") return word;
  return (...values: unknown[]) => process.enter(() => (word as Method)(...values));
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
