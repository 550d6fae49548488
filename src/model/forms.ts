// A body of one of several forms, which differ in more than one field. The form is chosen by the body as it was sent, so that a
// refusal is about the fields of that form.

import { z } from "zod";
import type { Outcome } from "./refusal.ts";

/** The form of this body, which may be anything; or why it is of none. */
type Choose<S extends z.ZodType> = (body: unknown) => Outcome<S>;

const choices = new WeakMap<z.ZodType, Choose<z.ZodType>>();

export function forms<const T extends readonly [z.ZodType, z.ZodType, ...z.ZodType[]]>(
  schemas: T,
  about: { description: string; examples: unknown[] },
  choose: Choose<T[number]>,
) {
  const schema = z.union(schemas).meta(about);
  choices.set(schema, choose);
  return schema;
}

/** The schema by which this body is parsed. */
export function formOf<S extends z.ZodType>(schema: S, body: unknown): Outcome<z.ZodType> {
  return choices.get(schema)?.(body) ?? { ok: true, value: schema };
}
