// openapi.json as a document: OpenAPI 3.1 in its structure, every operation once, every reference leading somewhere.

import { describe, expect, test } from "bun:test";
import { faults, unspoken } from "../../../test/master/json-schema.ts";
import { errorCatalogue } from "../errors.ts";
import { type Operation, operations } from "../operations/operations.ts";
import { bodies } from "../schemas/bodies.ts";
import { parseBody } from "../schemas/validation.ts";
import { docsPage } from "./docs-page.ts";
import { openapi } from "./openapi.ts";

type Json = Record<string, unknown>;
type Described = {
  operationId: string;
  tags: string[];
  summary: string;
  parameters: { name: string; in: string; required?: boolean; description?: string; schema: Json }[];
  requestBody?: { required: boolean; content: Record<string, { schema: Json; example?: unknown }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Json; example?: unknown }> }>;
  security?: Json[];
};

// As a reader gets it: through JSON.
const document = JSON.parse(JSON.stringify(await openapi("1.2.3"))) as {
  openapi: string;
  info: { title: string; version: string; license: Json };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Json>; securitySchemes: Json };
};

type Branches = {
  properties?: Record<string, Json>;
  anyOf?: Json[];
  items?: Json;
  additionalProperties?: Json | boolean;
};

const described = Object.values(document.paths).flatMap((methods) => Object.values(methods));

function resolved(schema: Json): Json {
  const name = String(schema.$ref ?? "").replace("#/components/schemas/", "");
  return document.components.schemas[name] ?? schema;
}

function walk(value: unknown, visit: (record: Json) => void): void {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) visit(value as Json);
  for (const one of Object.values(value)) walk(one, visit);
}

test("the head says OpenAPI 3.1", () => {
  expect(document.openapi).toMatch(/^3\.1\.\d+$/);
  expect(document.info).toMatchObject({ title: "Podling", version: "1.2.3", license: { identifier: "Apache-2.0" } });
  expect(Object.keys(document.components.securitySchemes)).toEqual(["token"]);
});

test("query parameters have the types of what they stand for", () => {
  const queries = Object.values(document.paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ parameters }) => parameters.filter((one) => one.in === "query"));
  const typeOf = (name: string) => new Set(queries.filter((one) => one.name === name).map(({ schema }) => schema.type));
  for (const name of ["force", "watch", "follow", "images"]) expect([...typeOf(name)]).toEqual(["boolean"]);
  expect([...typeOf("limit"), ...typeOf("tail")]).toEqual(["integer", "integer"]);
  expect(JSON.stringify(queries)).not.toContain('"enum":["","true"');
});

test("it has every operation of the table, and no other", () => {
  const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => `${operationId} ${method.toUpperCase()} ${path}`),
  );
  const table = Object.entries(operations).map(([id, { method, path }]) => `${id} ${method} ${path}`);
  expect(listed.sort()).toEqual(table.sort());
});

describe.each(Object.entries(operations) as [string, Operation][])("%s", (_, operation) => {
  const described = document.paths[operation.path]![operation.method.toLowerCase()]!;

  test("has its parameters, each once, path parameters required", () => {
    const names = described.parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
    expect(new Set(names).size).toBe(names.length);
    const inPath = described.parameters.filter((parameter) => parameter.in === "path");
    expect(inPath.map(({ name, required }) => ({ name, required }))).toEqual(
      operation.path.includes("{id}") ? [{ name: "id", required: true }] : [],
    );
    for (const { schema } of described.parameters) expect(Object.keys(schema).length).toBeGreaterThan(0);
  });

  test("has a body if and only if the operation takes one", () => {
    const schema = described.requestBody?.content["application/json"]?.schema;
    expect(schema !== undefined).toBe(operation.body !== undefined);
    if (!schema) return;
    const { anyOf: forms = [resolved(schema)] } = resolved(schema) as { anyOf?: object[] };
    for (const form of forms) expect(form).toMatchObject({ type: "object", additionalProperties: false });
  });

  test("has one group, which is described", () => {
    const groups = document.tags.filter(({ description }) => description !== "").map(({ name }) => name);
    expect(described.tags).toHaveLength(1);
    expect(groups).toContain(described.tags[0]!);
  });

  test("has examples that fit: of the body, which the server takes, and of the answer", () => {
    const body = described.requestBody?.content["application/json"];
    if (body) {
      expect(document.components.schemas[operation.body!]).toMatchObject({ title: operation.body });
      expect(faults(body.schema, body.example, document)).toEqual([]);
      expect(parseBody(bodies[operation.body!], JSON.stringify(body.example))).toMatchObject({ ok: true });
    }
    const [media, answer] = Object.entries(described.responses[String(operation.status)]!.content ?? {})[0] ?? [];
    if (!answer) return;
    expect(answer.example).toBeDefined();
    if (operation.answer === "Any" || media !== "application/json") expect(answer.example).toBeString();
    else {
      expect(faults(answer.schema, answer.example, document)).toEqual([]);
      expect(unspoken(answer.schema, answer.example, document)).toEqual([]);
    }
  });

  test("asks for a token unless it is open to everyone", () => {
    expect("401" in described.responses).toBe(operation.access !== "open");
    expect(described.security).toEqual(operation.access === "open" ? [] : undefined);
  });

  test("has its answer, and every refusal with its status", () => {
    const success = described.responses[String(operation.status)]!;
    if (operation.media === "none") expect(success.content).toBeUndefined();
    else expect(Object.keys(success.content!)).toEqual([operation.media]);
    for (const code of operation.refusals) {
      const response = described.responses[String(errorCatalogue[code].status)];
      expect(response?.description).toContain(`${code}: `);
      expect(response?.content?.["application/json"]?.schema).toEqual({ $ref: "#/components/schemas/Error" });
    }
    for (const { description } of Object.values(described.responses)) expect(description).not.toBe("");
  });
});

test("every reference leads to a schema, and every schema is used", () => {
  const used = new Set<string>();
  walk(document, ({ $ref }) => {
    if (typeof $ref === "string") used.add($ref.replace("#/components/schemas/", ""));
  });
  expect([...used].sort()).toEqual(Object.keys(document.components.schemas).sort());
});

test("required fields are among the properties, and patterns are patterns", () => {
  walk(document, ({ required, properties, pattern }) => {
    if (Array.isArray(required) && properties) {
      expect(required.filter((key) => !(key in (properties as Json)))).toEqual([]);
    }
    if (typeof pattern === "string") expect(() => new RegExp(pattern)).not.toThrow();
  });
});

test("no named schema has a default: generators would take a field of a request that has one for required", () => {
  walk(document.components.schemas, (schema) => {
    if (typeof schema.type === "string" || Array.isArray(schema.anyOf)) expect(schema).not.toHaveProperty("default");
  });
  const { properties } = document.components.schemas.TaskInput as { properties: Record<string, Json> };
  expect(properties.pullPolicy!.description).toEndWith('Default: "missing".');
});

test("every field, every parameter and every schema has a description", () => {
  const absent: string[] = [];
  const look = (schema: Json, path: string): void => {
    if (typeof schema.$ref === "string") return;
    const { properties = {}, anyOf = [], items, additionalProperties } = schema as Branches;
    for (const [name, field] of Object.entries(properties)) {
      if (field.description === undefined && field.$ref === undefined) absent.push(`${path}.${name}`);
      look(field, `${path}.${name}`);
    }
    for (const branch of anyOf) look(branch, path);
    if (items) look(items, `${path}[]`);
    if (typeof additionalProperties === "object") look(additionalProperties, `${path}{}`);
  };
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    if (schema.description === undefined) absent.push(name);
    look(schema, name);
  }
  for (const { operationId, parameters } of described) {
    for (const { name, description } of parameters) if (!description) absent.push(`${operationId} ${name}`);
  }
  // Describe each where its schema is declared: .describe("..."). A field of a request gets what its record says.
  expect(absent).toEqual([]);
});

test("the page fetches nothing but openapi.json", () => {
  const page = docsPage();
  expect(page).toStartWith("<!doctype html>");
  expect([...page.matchAll(/fetch\("([^"]+)"/g)].map((match) => match[1])).toEqual(["/openapi.json"]);
  expect(page).not.toMatch(/(src|href)="(?!#|data:,)|https?:\/\//);
});
