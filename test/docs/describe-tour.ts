// The tour of a document on a real engine, as a test: each command is run as it stands there, and prints what the document shows.
// With PODLING_UPDATE_DOCS=1 the outputs are written to the document instead. Test support.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describeLab } from "../../tools/lab/available.ts";
import { until } from "../../tools/lab/until.ts";
import type { Printed } from "./piped-shell.ts";
import { type ConsoleStep, consoleSteps, shownFiles, withOutputs, withoutVariables } from "./shown-commands.ts";
import { Tour } from "./tour.ts";

const updates = process.env.PODLING_UPDATE_DOCS === "1";
const stepMs = 90_000;

interface TourOptions {
  /** Commands that only look: a person types more slowly than this test. */
  looks: RegExp;
  /** Commands that fail; left out: none. What they say is shown with what they print. */
  fails?: RegExp;
  /**
   * Lines on stderr that depend on the speed of the machine. If given, the page shows all of stderr but these, where it came; left
   * out: only why a command fails.
   */
  progress?: RegExp;
}

/** `document`: from the root of the repository, such as docs/PODS.md. */
export function describeTour(document: string, { looks, fails, progress }: TourOptions): void {
  const page = join(resolve(import.meta.dir, "../.."), document);
  describeLab(`the tour of ${document}`, () => {
    let tour: Tour;
    const printed: ConsoleStep[] = [];
    beforeAll(async () => {
      tour = await Tour.start();
      for (const { name, text } of shownFiles(readFileSync(page, "utf8"))) tour.write(name, text);
    }, 60_000);
    afterAll(() => tour?.down());

    async function type(command: string): Promise<Printed> {
      const step = await tour.type(command, progress !== undefined);
      return { ...step, text: linesWithout(step.text, progress) };
    }

    const steps = consoleSteps(readFileSync(page, "utf8"));
    test.each(steps.map((step) => [step.command, step] as const))(
      "$ %s",
      async (_, { command, output }) => {
        if (updates && looks.test(command)) await Bun.sleep(4_000);
        let step = await type(command);
        const deadline = performance.now() + 30_000;
        while (looks.test(command) && !updates && withoutVariables(shown(step)) !== withoutVariables(output)) {
          if (performance.now() > deadline) break;
          await Bun.sleep(200);
          step = await type(command);
        }
        printed.push({ command, output: shown(step) });
        if (updates) return;
        if (output !== "") expect(withoutVariables(shown(step))).toBe(withoutVariables(output));
        const { code, said } = step;
        expect([code > 0, said]).toEqual([fails?.test(command) ?? false, said]);
      },
      stepMs,
    );

    test.if(updates)("is written to the page", () => {
      writeFileSync(page, withOutputs(readFileSync(page, "utf8"), printed));
    });

    test("leaves no container", async () => {
      await until("the containers to be removed", async () => (await tour.host.engine.containers()).length === 0);
    });
  });
}

/** What a document shows of a command: its output, and why it failed or has to wait, without the progress before. */
function shown({ code, text, said }: Printed): string {
  const why = code > 0 ? /^(error: |\S+ is accepted but)[\s\S]*/m.exec(said)?.[0] : undefined;
  return [text, why].filter(Boolean).join("\n");
}

function linesWithout(text: string, left: RegExp | undefined): string {
  const lines = text.split("\n");
  return left === undefined ? text : lines.filter((line) => !left.test(line)).join("\n");
}
