// Ids of records. Task ids sort by creation: UTC time to the second, then eight characters that grow within a second.

import { toTimestamp } from "../lib/clock.ts";
import { type Random, randomInteger, randomText } from "../lib/random.ts";

declare const brand: unique symbol;
export type TaskId = string & { readonly [brand]: "TaskId" };
export type NodeId = string & { readonly [brand]: "NodeId" };
export type ServiceId = string & { readonly [brand]: "ServiceId" };
export type JobId = string & { readonly [brand]: "JobId" };
export type ScheduleId = string & { readonly [brand]: "ScheduleId" };
/** `20250119123456-abc12345.3`: the service, and the number of its revision. */
export type RevisionId = string & { readonly [brand]: "RevisionId" };

/** `20250119123456-abc12345` */
export const taskIdPattern = /^\d{14}-[a-z0-9]{8}$/;
/** The same form as a task id; nodes of release 0.1.0 have `node-abc12345`. */
export const nodeIdPattern = /^(\d{14}|node)-[a-z0-9]{8}$/;

const suffixes = 36 ** 8;
/** Steps within a second are below this: two million ids a second before the suffix runs out. */
const step = 1_000_000;

/**
 * The id after `last`: never smaller, whatever the clock does, so that creation order is id order.
 * The suffix starts at random in each second's lower half and grows by random steps.
 */
export function nextTaskId(last: TaskId | null, nowMs: number, random: Random): TaskId {
  const second = secondOf(nowMs);
  const lastSecond = last?.slice(0, 14) ?? "";
  if (second > lastSecond) return taskId(second, randomInteger(random, suffixes / 4));
  const suffix = Number.parseInt(last!.slice(15), 36) + 1 + randomInteger(random, step);
  if (suffix < suffixes) return taskId(lastSecond, suffix);
  return taskId(followingSecond(lastSecond), randomInteger(random, suffixes / 4));
}

function taskId(second: string, suffix: number): TaskId {
  return `${second}-${suffix.toString(36).padStart(8, "0")}` as TaskId;
}

function followingSecond(second: string): string {
  const [, year, month, day, hour, minute, sec] = /^(....)(..)(..)(..)(..)(..)$/.exec(second)!.map(Number);
  const ms = Date.UTC(year!, month! - 1, day!, hour!, minute!, sec! + 1);
  return secondOf(ms);
}

let cachedSecond = -1;
let cachedText = "";

/** "20250119123456". Keeps the last result, because thousands of ids are made within a second. */
function secondOf(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== cachedSecond) {
    cachedText = toTimestamp(ms).replace(/\D/g, "").slice(0, 14);
    cachedSecond = second;
  }
  return cachedText;
}

export function newNodeId(nowMs: number, random: Random): NodeId {
  return `${secondOf(nowMs)}-${randomText(random, 8)}` as NodeId;
}

/** The same form as a task id. */
export function newServiceId(nowMs: number, random: Random): ServiceId {
  return `${secondOf(nowMs)}-${randomText(random, 8)}` as ServiceId;
}

/** The same form as a task id. */
export function newJobId(nowMs: number, random: Random): JobId {
  return `${secondOf(nowMs)}-${randomText(random, 8)}` as JobId;
}

/** The same form as a task id. */
export function newScheduleId(nowMs: number, random: Random): ScheduleId {
  return `${secondOf(nowMs)}-${randomText(random, 8)}` as ScheduleId;
}

/** `node-abc12345`: a worker of release 0.1.0 takes an identity file with another form for damaged. */
export const firstReleaseNodeIdPattern = /^node-[a-z0-9]{8}$/;

export function firstReleaseNodeId(random: Random): NodeId {
  return `node-${randomText(random, 8)}` as NodeId;
}
