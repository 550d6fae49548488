// The file that scripts/compose-schema.ts writes, for a checkout in which it is not written yet.

declare module "*/build/compose/validator.ts" {
  export const validate: unknown;
}
