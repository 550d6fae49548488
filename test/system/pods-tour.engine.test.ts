// The tour of docs/PODS.md on a real engine: each command is run as it stands there, and prints what the document shows.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describeLab } from "../../tools/lab/available.ts";
import { type ConsoleStep, consoleSteps, withOutputs, withoutVariables } from "../docs/shown-commands.ts";
import { Tour } from "../docs/tour.ts";

const page = join(resolve(import.meta.dir, "../.."), "docs/PODS.md");
const updates = process.env.PODLING_UPDATE_DOCS === "1";
const stepMs = 90_000;

/** Commands that only look: a person types more slowly than this test. */
const looks = /^(podling (logs|inspect|pod get)|docker ps)\b/;

describeLab("the tour of docs/PODS.md", () => {
  let tour: Tour;
  const printed: ConsoleStep[] = [];
  beforeAll(async () => {
    tour = await Tour.start();
  }, 60_000);
  afterAll(() => tour?.lab.down());

  const steps = consoleSteps(readFileSync(page, "utf8"));
  test.each(steps.map((step) => [step.command, step] as const))(
    "$ %s",
    async (_, { command, output }) => {
      if (updates && looks.test(command)) await Bun.sleep(4_000);
      let { text, code, said } = await tour.type(command);
      const deadline = performance.now() + 30_000;
      while (looks.test(command) && !updates && withoutVariables(text) !== withoutVariables(output)) {
        if (performance.now() > deadline) break;
        await Bun.sleep(200);
        ({ text, code, said } = await tour.type(command));
      }
      printed.push({ command, output: text });
      if (updates) return;
      if (output !== "") expect(withoutVariables(text)).toBe(withoutVariables(output));
      expect([code, said]).toEqual([0, said]);
    },
    stepMs,
  );

  test.if(updates)("is written to the page", () => {
    writeFileSync(page, withOutputs(readFileSync(page, "utf8"), printed));
  });
});
