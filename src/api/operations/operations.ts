// The master's API: each operation once. The server's routing, access and validation, the typed client and openapi.json
// all come from this table. Adding an operation is one entry in the file of its noun, and its handler.

import { appOperations } from "./apps.ts";
import { clusterOperations } from "./cluster.ts";
import { configOperations } from "./configs.ts";
import { jobOperations } from "./jobs.ts";
import { nodeOperations } from "./nodes.ts";
import type { OperationAnswer, OperationBody, OperationParameters, OperationQuery } from "./operation.ts";
import { planOperations } from "./plans.ts";
import { podOperations } from "./pods.ts";
import { registryOperations } from "./registries.ts";
import { scheduleOperations } from "./schedules.ts";
import { secretOperations } from "./secrets.ts";
import { serverOperations } from "./server.ts";
import { serviceOperations } from "./services.ts";
import { taskOperations } from "./tasks.ts";
import { volumeOperations } from "./volumes.ts";

export type { Operation } from "./operation.ts";
export type { Health, Version } from "./server.ts";

export const operations = {
  ...serverOperations,
  ...taskOperations,
  ...serviceOperations,
  ...podOperations,
  ...appOperations,
  ...jobOperations,
  ...volumeOperations,
  ...configOperations,
  ...secretOperations,
  ...scheduleOperations,
  ...registryOperations,
  ...nodeOperations,
  ...clusterOperations,
  ...planOperations,
} as const;

export type Operations = typeof operations;
export type OperationId = keyof Operations;

export type BodyInput<Id extends OperationId> = OperationBody<Operations[Id]>["input"];
export type QueryInput<Id extends OperationId> = OperationQuery<Operations[Id]>["input"];
export type AnswerOf<Id extends OperationId> = OperationAnswer<Operations[Id]>;
export type ParametersOf<Id extends OperationId> = OperationParameters<Operations[Id]>;
