// What leaves the simulated master: the tasks in its answers and streams, each text as its reader gets it, and its requests to
// workers.

import { tarMediaType } from "../../api/operations/operation.ts";
import type { TaskView } from "../../api/views/task.ts";
import { TextSplitter } from "../../lib/split-text.ts";
import type { MasterMachine } from "../machines/master-machine.ts";
import { StreamTasks } from "../workload/stream-tasks.ts";
import type { Network } from "../world/network.ts";

export interface AnswerListener {
  /** A record of a task. */
  sent(task: TaskView): void;
  /** An answer, or one line of a stream. Null: no checker looks at texts, and they are not read. */
  said: ((text: string, request: Request) => void) | null;
  /** Another server than the master, with the name of its machine, has answered a request. */
  asked(machine: string, request: Request): void;
  /** A request to the master that is not a heartbeat was answered. */
  answered(method: string, url: string): void;
  /** The master has answered 500. */
  broken(error: Error): void;
}

export function listenToMaster(network: Network, master: MasterMachine, listener: AnswerListener): void {
  network.onAnswer = (server, request, response) => {
    if (response.status === 500)
      listener.broken(new Error(`${server.name}: ${request.method} ${request.url} answered 500`));
    if (server !== master.process) listener.asked(server.host.name, request);
    if (server !== master.process || request.url.endsWith("/heartbeat")) return;
    listener.answered(request.method, request.url);
    const type = response.headers.get("content-type") ?? "";
    const { said } = listener;
    if (said && response.body && !type.startsWith("text/event-stream") && !type.startsWith(tarMediaType))
      void response
        .clone()
        .text()
        .then((text) => said(text, request));
    if (response.status >= 300 || !type.startsWith("application/json")) return;
    if (!request.url.includes("/tasks") || request.url.includes("/explanation")) return;
    void response
      .clone()
      .json()
      .then((body) => {
        for (const task of Array.isArray(body) ? (body as TaskView[]) : [body as TaskView]) listener.sent(task);
      });
  };
  const streams = new StreamTasks();
  const lines = new WeakMap<Request, TextSplitter>();
  network.onChunk = (server, request, chunk) => {
    if (server !== master.process) return;
    for (const task of streams.chunk(request, chunk)) listener.sent(task);
    if (!listener.said || chunk.length < 8) return;
    const splitter = lines.get(request) ?? new TextSplitter("\n");
    lines.set(request, splitter);
    for (const line of splitter.push(chunk)) listener.said(line, request);
  };
}
