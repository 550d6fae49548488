// The operations on logins to registries. No answer has a password.

import type { CredentialView } from "../../model/credential/credential.ts";
import { json, operation } from "./operation.ts";
import { bodyRefusals, writeRefusals } from "./refusals.ts";

export const registryOperations = {
  putCredential: operation<CredentialView>()({
    method: "PUT",
    path: "/api/v1/registries/{id}",
    summary: "Store a login to a registry, which workers use for pulls from it. It replaces the one before.",
    access: "write",
    body: "CredentialInput",
    status: 200,
    media: json,
    answer: "Credential",
    refusals: [...bodyRefusals, "key-unavailable", ...writeRefusals],
  }),
  listCredentials: operation<CredentialView[]>()({
    method: "GET",
    path: "/api/v1/registries",
    summary: "List the logins to registries, by registry.",
    access: "read",
    status: 200,
    media: json,
    answer: "CredentialList",
    refusals: [],
  }),
  deleteCredential: operation<null>()({
    method: "DELETE",
    path: "/api/v1/registries/{id}",
    summary: "Remove the login to a registry.",
    access: "write",
    status: 204,
    media: "none",
    answer: "Any",
    refusals: ["credential-not-found", ...writeRefusals],
  }),
} as const;
