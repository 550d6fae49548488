// Values of flags that are lists of fields, as docker reads them: one line of CSV, in which quotes keep a comma.

/** Undefined if a quote is not closed. */
export function csvFields(text: string): string[] | undefined {
  const fields: string[] = [];
  let rest = text;
  for (;;) {
    const quoted = /^"((?:[^"]|"")*)"(?:,|$)/.exec(rest);
    const field = quoted ? quoted[1]!.replaceAll('""', '"') : /^[^",]*(?=,|$)/.exec(rest)?.[0];
    if (field === undefined) return undefined;
    fields.push(field);
    const length = quoted ? quoted[0].replace(/,$/, "").length : field.length;
    if (length >= rest.length) return fields;
    rest = rest.slice(length + 1);
  }
}
