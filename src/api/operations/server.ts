// The operations about the master itself: health, version, metrics, and the description of the API.

import { json, metrics, operation } from "./operation.ts";

export interface Health {
  service: "podling-master";
  status: "ok" | "degraded";
  /** Why it is degraded, else empty. */
  message: string;
}

export interface Version {
  version: string;
  commit: string;
  api: "v1";
}

export const serverOperations = {
  health: operation<Health>()({
    method: "GET",
    path: "/health",
    summary: "Is the process alive?",
    access: "open",
    status: 200,
    media: json,
    answer: "Health",
    refusals: [],
  }),
  ready: operation<Health>()({
    method: "GET",
    path: "/ready",
    summary: "Whether it accepts writes: 503 while it starts or its journal cannot write.",
    access: "open",
    status: 200,
    media: json,
    answer: "Health",
    refusals: ["not-ready", "journal-unavailable"],
  }),
  version: operation<Version>()({
    method: "GET",
    path: "/version",
    summary: "Version and commit.",
    access: "open",
    status: 200,
    media: json,
    answer: "Version",
    refusals: [],
  }),
  metrics,
  openapi: operation<unknown>()({
    method: "GET",
    path: "/openapi.json",
    summary: "This API as OpenAPI 3.1.",
    access: "open",
    status: 200,
    media: json,
    answer: "Any",
    example: '{"openapi": "3.1.0"}',
    refusals: [],
  }),
  docs: operation<string>()({
    method: "GET",
    path: "/docs",
    summary: "This API as a page; works offline.",
    access: "open",
    status: 200,
    media: "text/html",
    answer: "Any",
    example: "<!doctype html>",
    refusals: [],
  }),
} as const;
