// The page at /docs in a browser, which the address of the master leads to: it shows every operation of openapi.json, finds them, and sends requests with a token.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { operations } from "../../src/api/operations/operations.ts";
import { describeBrowser, openBrowser } from "../../tools/lab/browser.ts";
import { TestMaster } from "../master/in-process.ts";

const token = "a-token-for-the-page";

describeBrowser("the page at /docs", () => {
  let master: TestMaster;
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];
  const requested: string[] = [];

  beforeAll(async () => {
    master = new TestMaster({ token });
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("request", (request) => requested.push(request.url()));
    await page.goto(master.url);
    await page.waitForSelector("details[data-operation]");
  });

  afterAll(async () => {
    await browser?.close();
    await master?.stop();
  });

  test("shows every operation with method, path and summary", async () => {
    const shown = await page.$$eval("details[data-operation]", (parts) =>
      parts.map((part) => [part.id, ...[...part.querySelectorAll("summary > span")].map((span) => span.textContent)]),
    );
    const table = Object.entries(operations).map(([id, { method, path, summary }]) => [id, method, path, summary]);
    expect(shown.sort()).toEqual(table.sort() as string[][]);
    expect(await page.textContent("#count")).toBe(`${table.length} of ${table.length}`);
  });

  test("shows every schema with the fields of its fields", async () => {
    const { components } = (await (await fetch(`${master.url}/openapi.json`)).json()) as {
      components: { schemas: Record<string, unknown> };
    };
    const shown = await page.$$eval("details[id^=schema-]", (parts) => parts.map(({ id }) => id.slice(7)));
    expect(shown.sort()).toEqual(Object.keys(components.schemas).sort());
    const fields = await page.$$eval("#schema-TaskInput td code", (cells) => cells.map((cell) => cell.textContent));
    expect(fields).toContain("name *");
    expect(fields).toContain("ports[].hostPort");
    expect(fields).toContain("resources.cpu.limit");
  });

  test("loads nothing but itself and openapi.json, and has no error", () => {
    expect(faults).toEqual([]);
    const own = ["/", "/docs", "/openapi.json"].map((path) => master.url + path);
    expect(requested.filter((url) => !url.startsWith("data:"))).toEqual(own);
  });

  test("finds operations by path and by the fields of their bodies", async () => {
    await page.fill("#search", "stopGraceSeconds");
    const taken = ["createTask", "createService", "putService", "createPod", "createJob", "putJob"];
    expect(await visible(page)).toEqual(["putApp", ...taken, "createSchedule", "putSchedule", "plan"]);
    await page.fill("#search", "cordon post");
    expect(await visible(page)).toEqual(["cordonNode", "uncordonNode"]);
    await page.fill("#search", "");
    expect(await visible(page)).toHaveLength(Object.keys(operations).length);
  });

  test("sends a request: refused without the token, answered with it", async () => {
    await page.click("#createTask > summary");
    expect(await send(page, "createTask")).toContain("401 Unauthorized");
    await page.fill("#token", token);
    expect(await page.textContent("#createTask .curl")).toContain('"Authorization: Bearer $PODLING_TOKEN"');
    const created = await send(page, "createTask");
    expect(created).toContain("201 Created");
    expect(created).toContain('"status": "pending"');

    await page.click("#getTask > summary");
    await page.fill("#getTask input[name=id]", "web");
    await page.selectOption("#getTask select[name=wait]", "running");
    await page.fill("#getTask input[name=timeout]", "50ms");
    expect(await page.textContent("#getTask .curl")).toContain("/api/v1/tasks/web?wait=running&timeout=50ms");
    expect(await send(page, "getTask")).toContain("200 OK");
  });

  test("shows a stream as it comes, until it is stopped", async () => {
    await page.click("#watch > summary");
    await page.click("#watch button.send");
    await page.waitForSelector("#watch .answer:has-text('event: hello')");
    await page.click("#watch button:not(.send)");
    await page.waitForSelector("#watch .answer:has-text('(stopped)')");
  });

  test("fits a phone: nothing is wider than the screen", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const id of ["createTask", "getTask", "schema-Task"]) {
      await page.$eval(`#${id}`, (part) => part.setAttribute("open", ""));
    }
    expect(await page.$eval("html", ({ scrollWidth }) => scrollWidth)).toBe(390);
  });
});

/** The operations that the search leaves. */
function visible(page: Page): Promise<string[]> {
  return page.$$eval("details[data-operation]", (parts) =>
    parts.filter((part) => !part.hasAttribute("hidden")).map(({ id }) => id),
  );
}

/** Presses Send, and gives what the page then shows of the answer. */
async function send(page: Page, id: string): Promise<string> {
  await page.click(`#${id} button.send`);
  await page.waitForSelector(`#${id} button.send:not([disabled])`);
  return (await page.textContent(`#${id} .answer`)) ?? "";
}
