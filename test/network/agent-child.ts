// The program of an agent (agent.ts): reads commands from its input until that ends.

import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Result } from "./agent.ts";

const name = process.argv[2]!;
const limitMs = 2_500;
const kept = new Map<number, Socket>();

const answerTo = (from: string | undefined): string => `${JSON.stringify({ name, from: from ?? "" })}\n`;

function serve(port: number): Promise<void> {
  const server = createServer((socket) => {
    socket.on("data", () => socket.write(answerTo(socket.remoteAddress)));
    socket.on("error", () => socket.destroy());
  });
  const datagrams = createSocket("udp4");
  datagrams.on("message", (_, from) => datagrams.send(answerTo(from.address), from.port, from.address));
  return new Promise((resolve) => {
    server.listen(port, "0.0.0.0", () => datagrams.bind(port, "0.0.0.0", () => resolve()));
  });
}

function failure(error: { code?: string }): Result {
  if (error.code === "ECONNREFUSED") return "refused";
  return error.code === "ENETUNREACH" || error.code === "EHOSTUNREACH" ? "unreachable" : "closed";
}

/** One question over an open connection. */
function ask(socket: Socket): Promise<Result> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => done("timeout"), limitMs);
    const onData = (data: Buffer) => done(JSON.parse(data.toString()));
    const onError = (error: { code?: string }) => done(failure(error));
    const onClose = () => done("closed");
    function done(result: Result): void {
      clearTimeout(timer);
      socket.off("data", onData).off("error", onError).off("close", onClose);
      resolve(result);
    }
    socket.on("data", onData).on("error", onError).on("close", onClose);
    if (socket.destroyed) done("closed");
    else socket.write("?");
  });
}

async function call(host: string, port: number): Promise<Result> {
  const socket = connect(port, host).on("error", () => {});
  const result = await ask(socket);
  socket.destroy();
  return result;
}

async function calls(host: string, port: number, times: number): Promise<Result[]> {
  const results: Result[] = [];
  for (let index = 0; index < times; index++) results.push(await call(host, port));
  return results;
}

function datagram(host: string, port: number): Promise<Result> {
  const socket = createSocket("udp4");
  return new Promise((resolve) => {
    const timer = setTimeout(() => done("timeout"), limitMs);
    function done(result: Result): void {
      clearTimeout(timer);
      socket.close();
      resolve(result);
    }
    socket.on("message", (data) => done(JSON.parse(data.toString())));
    socket.on("error", (error: { code?: string }) => done(failure(error)));
    socket.connect(port, host, () => socket.send("?"));
  });
}

async function open(host: string, port: number): Promise<{ id: number; answer: Result }> {
  const socket = connect(port, host).on("error", () => {});
  const id = kept.size;
  kept.set(id, socket);
  return { id, answer: await ask(socket) };
}

async function resolve(name: string, server: string): Promise<string[] | string> {
  const resolver = new Resolver();
  resolver.setServers([server]);
  try {
    return (await resolver.resolve4(name)).sort();
  } catch (error) {
    return (error as { code: string }).code;
  }
}

interface Command {
  op: string;
  host: string;
  port: number;
  times: number;
  id: number;
  server: string;
}

async function perform({ op, host, port, times, id, server }: Command): Promise<unknown> {
  if (op === "serve") return serve(port);
  if (op === "calls") return calls(host, port, times);
  if (op === "datagram") return datagram(host, port);
  if (op === "resolve") return resolve(host, server);
  if (op === "open") return open(host, port);
  return op === "ask" ? ask(kept.get(id)!) : null;
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify((await perform(JSON.parse(line))) ?? null)}\n`);
}
process.exit(0);
