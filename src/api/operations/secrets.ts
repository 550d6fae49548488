// The operations on secrets. No answer has the content of one.

import type { KeyReport, SecretView } from "../../model/secret/secret.ts";
import { json, operation } from "./operation.ts";
import { bodyRefusals, writeRefusals } from "./refusals.ts";

export const secretOperations = {
  createSecret: operation<SecretView>()({
    method: "POST",
    path: "/api/v1/secrets",
    summary: "Create a secret: a content that is sealed before it is recorded, and that only containers get.",
    access: "write",
    body: "ContentInput",
    status: 201,
    media: json,
    answer: "Secret",
    refusals: [...bodyRefusals, "name-taken", "key-unavailable", ...writeRefusals],
  }),
  listSecrets: operation<SecretView[]>()({
    method: "GET",
    path: "/api/v1/secrets",
    summary: "List the newest version of each secret, by name.",
    access: "read",
    status: 200,
    media: json,
    answer: "SecretList",
    refusals: [],
  }),
  getSecret: operation<SecretView>()({
    method: "GET",
    path: "/api/v1/secrets/{id}",
    summary: "One version of a secret, by the name of the secret, without its content.",
    access: "read",
    query: "contentVersion",
    status: 200,
    media: json,
    answer: "Secret",
    refusals: ["secret-not-found"],
  }),
  updateSecret: operation<SecretView>()({
    method: "PUT",
    path: "/api/v1/secrets/{id}",
    summary:
      "Give a secret another content: a new version, which the services that use it roll out. The same content again changes nothing.",
    access: "write",
    body: "ContentUpdate",
    status: 200,
    media: json,
    answer: "Secret",
    refusals: ["secret-not-found", "key-unavailable", ...bodyRefusals, ...writeRefusals],
  }),
  listSecretVersions: operation<SecretView[]>()({
    method: "GET",
    path: "/api/v1/secrets/{id}/versions",
    summary: "The versions of a secret that are kept, the oldest first.",
    access: "read",
    status: 200,
    media: json,
    answer: "SecretList",
    refusals: ["secret-not-found"],
  }),
  deleteSecret: operation<null>()({
    method: "DELETE",
    path: "/api/v1/secrets/{id}",
    summary: "Remove a secret with all its versions. Refused while a service or an unfinished task uses it.",
    access: "write",
    status: 204,
    media: "none",
    answer: "Any",
    refusals: ["secret-not-found", "in-use", ...writeRefusals],
  }),
  keyReport: operation<KeyReport>()({
    method: "GET",
    path: "/api/v1/key",
    summary: "Whether the master has the key that its secrets are sealed with.",
    access: "read",
    status: 200,
    media: json,
    answer: "KeyReport",
    refusals: [],
  }),
} as const;
