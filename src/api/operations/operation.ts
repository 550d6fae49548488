// The form of one operation in a table: method, path, access, body, query, answer and refusals. Servers, clients and
// documents are made from such tables (operations.ts, ../worker-operations.ts).

import type { z } from "zod";
import type { RefusalCode } from "../../model/refusal.ts";
import type { Bodies } from "../schemas/bodies.ts";
import type { Queries } from "../schemas/queries.ts";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/**
 * Who may call an operation. open: everyone, without a token. read: clients that may read. write: clients that may
 * change something or see secrets. node: workers. With a single token, all but open need that token.
 */
export type Access = "open" | "read" | "write" | "node";

/**
 * The names of the schemas of bodies and queries. A table of operations does not contain the schemas: they take longer to
 * make than a command of the command line runs, and only a server needs them.
 */
export type BodyName = keyof Bodies;
export type QueryName = keyof Queries;

/** The schemas of answers in openapi.json. */
export type AnswerSchema =
  | "Task"
  | "TaskList"
  | "Service"
  | "ServiceList"
  | "RevisionList"
  | "EndpointList"
  | "Pod"
  | "PodList"
  | "Job"
  | "JobList"
  | "Volume"
  | "VolumeList"
  | "VolumeRemoval"
  | "Config"
  | "ConfigList"
  | "ConfigContent"
  | "Secret"
  | "SecretList"
  | "KeyReport"
  | "Schedule"
  | "ScheduleList"
  | "App"
  | "AppList"
  | "AppApplied"
  | "AppRemoval"
  | "AppRevisionList"
  | "Credential"
  | "CredentialList"
  | "Node"
  | "NodeList"
  | "Cleanup"
  | "Explanation"
  | "WhyNot"
  | "HeartbeatAnswer"
  | "RestoreAnswer"
  | "PruneAnswer"
  | "RebalanceAnswer"
  | "Plan"
  | "Health"
  | "Version"
  | "WatchEvent"
  | "Any";

export interface Operation<
  Path extends string = string,
  Body extends BodyName = BodyName,
  Query extends QueryName = QueryName,
  Answer = unknown,
> {
  method: Method;
  /** With `{name}` for parameters, as OpenAPI writes them. */
  path: Path;
  summary: string;
  access: Access;
  body?: Body;
  /** Its largest size. Left out: `limits.bodyBytes`. */
  bodyBytes?: number;
  /** The media type of a body that is not JSON, and that the handler reads as it comes. */
  upload?: string;
  /** Its largest size. Default: that of a backup. */
  uploadBytes?: number;
  query?: Query;
  /** Request headers that the operation reads, with their descriptions. */
  headers?: Readonly<Record<string, string>>;
  /** HTTP status of success. */
  status: number;
  /** json, or the media type of a stream or text. */
  media:
    | "application/json"
    | "application/x-ndjson"
    | "application/x-tar"
    | "application/vnd.docker.multiplexed-stream"
    | "text/event-stream"
    | "text/plain"
    | "text/html"
    | "none";
  /** True when the answer is a stream. HEAD then gets the headers, and no stream is opened. */
  streams?: boolean;
  answer: AnswerSchema;
  /** A short answer as text, for the documents of an operation whose answer has no schema. */
  example?: string;
  /** Beyond those that every operation can give (400, 401, 403, 404 for the path, 405, 500). */
  refusals: readonly RefusalCode[];
  /** Carries the type of the answer; never has a value. */
  readonly _answer?: Answer;
}

export type Table = Readonly<Record<string, Operation>>;

/** `operation<Answer>()({...})` keeps the types of the path, the body and the query. */
export function operation<Answer>() {
  return <const Path extends string, Body extends BodyName = never, Query extends QueryName = never>(
    definition: Omit<Operation<Path, Body, Query, Answer>, "_answer">,
  ): Operation<Path, Body, Query, Answer> => definition;
}

type ParameterName<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterName<Rest>
  : never;

/** The parameters of a path: `/api/v1/tasks/{id}/stop` has `{id: string}`. */
export type PathParameters<Path extends string> = { [Name in ParameterName<Path>]: string };

type BodyOf<O> = O extends { body?: infer B } ? (B extends BodyName ? Bodies[B] : never) : never;
type QueryOf<O> = O extends { query?: infer Q } ? (Q extends QueryName ? Queries[Q] : never) : never;
/** Without a schema nothing is known of the value. */
type InputOf<S> = [S] extends [never] ? unknown : z.input<S>;
type OutputOf<S> = [S] extends [never] ? unknown : z.output<S>;

/** What a caller sends, and what a handler receives: validated and normalised. */
export type OperationBody<O> = { input: InputOf<BodyOf<O>>; output: OutputOf<BodyOf<O>> };
export type OperationQuery<O> = { input: InputOf<QueryOf<O>>; output: OutputOf<QueryOf<O>> };
export type OperationAnswer<O extends Operation> = NonNullable<O["_answer"]>;
export type OperationParameters<O extends Operation> = PathParameters<O["path"]>;

export const json = "application/json" as const;
/** Of the files of a volume. */
export const tarMediaType = "application/x-tar" as const;
export const events = "text/event-stream" as const;

/** The same of the master and of a worker. */
export const metrics = operation<string>()({
  method: "GET",
  path: "/metrics",
  summary: "Metrics in Prometheus' text format.",
  access: "read",
  status: 200,
  media: "text/plain",
  answer: "Any",
  example: "# HELP podling_build_info The version that runs.\n# TYPE podling_build_info gauge\npodling_build_info 1\n",
  refusals: [],
});
