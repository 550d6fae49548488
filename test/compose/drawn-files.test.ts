// Files that are drawn from a seed, most of them wrong: whatever they hold, reading ends with a document or with errors that have
// a place. It never throws.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these texts are what is tested

import { expect, test } from "bun:test";
import { type Random, randomInteger, randomItem, seededRandom } from "../../src/lib/random.ts";
import { readTexts } from "./texts.ts";

const keys =
  "image ports environment volumes depends_on labels command build deploy networks extends env_file secrets".split(" ");
const pieces =
  "a 1 true null ~ [] {} ${A} ${A:-b} $ ${ *a &a << !reset !override 80:80 /a:/b 0440 ' { constructor".split(" ");
const good = [
  "ports: ['80:80', 81]",
  "environment: [A=1, B]",
  "environment: {A: '${A}'}",
  "volumes: [/a:/b, data:/d]",
  "depends_on: [web]",
  "depends_on: {two: {condition: service_started, required: false}}",
  "labels: {a: 1}",
  "profiles: [p]",
  "env_file: {path: none.env, required: false}",
  "deploy: {replicas: 2}",
  "ports: !override []",
  "user: !reset null",
  "extends: two",
  "extends: {service: web, file: b.yaml}",
];

function value(random: Random, depth: number): string {
  const kind = depth > 3 ? 0 : randomInteger(random, 10);
  if (kind < 5) return randomItem(random, pieces);
  const items = Array.from({ length: randomInteger(random, 4) }, () => value(random, depth + 1));
  if (kind < 7) return `[${items.join(", ")}]`;
  return `{${items.map((item) => `${randomItem(random, keys)}: ${item}`).join(", ")}}`;
}

function file(random: Random): string {
  const lines = ["services:"];
  for (const name of ["web", "two"].slice(randomInteger(random, 2))) {
    lines.push(`  ${name}:`, "    image: nginx");
    for (let count = randomInteger(random, 4); count > 0; count--) {
      const isGood = randomInteger(random, 8) > 0;
      lines.push(`    ${isGood ? randomItem(random, good) : `${randomItem(random, keys)}: ${value(random, 0)}`}`);
    }
  }
  if (randomInteger(random, 4) === 0) lines.push("include: [b.yaml]");
  return `${lines.join("\n")}\n`;
}

test("a drawn file gives a document or errors with places", async () => {
  let documents = 0;
  for (let seed = 1; seed <= 1000; seed++) {
    const random = seededRandom(seed);
    const files = { "a.yaml": file(random), "b.yaml": file(random), ".env": `A=${value(random, 1)}` };
    const { document, errors } = await readTexts(files, { files: ["a.yaml", "b.yaml"], profiles: ["*"] });
    if (document) documents++;
    const shown = `seed ${seed}: ${errors.join("\n")}`;
    expect(document === null, shown).toBe(errors.length > 0);
    for (const error of errors) expect(error, shown).toMatch(/^[\w./-]+:[1-9][0-9]*:[1-9][0-9]*: \S/);
    expect(errors.join("\n"), shown).not.toMatch(/undefined|NaN|\[object/);
  }
  expect(documents).toBeGreaterThan(10);
});
