// A web page of another port in a browser: it may call the master if its origin is allowed, and else not.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { describeBrowser, openBrowser } from "../../tools/lab/browser.ts";
import { TestMaster } from "../master/in-process.ts";

describeBrowser("a page on another port", () => {
  const site = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response("<!doctype html><title>page</title>", { headers: { "content-type": "text/html" } }),
  });
  const origin = `http://127.0.0.1:${site.port}`;
  const masters: TestMaster[] = [];
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await openBrowser();
    page = await browser.newPage();
    await page.goto(origin);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all(masters.map((master) => master.stop()));
    await site.stop(true);
  });

  /** Creates a task from the page; gives the status of the answer and its Location, or the error of the browser. */
  function createFrom(master: TestMaster): Promise<unknown> {
    masters.push(master);
    return page.evaluate(async (url) => {
      try {
        const answer = await fetch(`${url}/api/v1/tasks`, {
          method: "POST",
          headers: { "content-type": "application/json", authorization: "Bearer s3cret" },
          body: JSON.stringify({ name: "web", image: "nginx" }),
        });
        return {
          status: answer.status,
          location: answer.headers.get("location"),
          ...((await answer.json()) as object),
        };
      } catch (error) {
        return String(error);
      }
    }, master.url);
  }

  test("creates a task if its origin is allowed", async () => {
    const made = await createFrom(new TestMaster({ token: "s3cret", allowedOrigins: [origin] }));
    expect(made).toMatchObject({ name: "web", location: expect.stringContaining("/api/v1/tasks/") });
  });

  test("cannot send its request otherwise", async () => {
    const other = new TestMaster({ token: "s3cret", allowedOrigins: ["http://127.0.0.1:1"] });
    expect(await createFrom(other)).toContain("Failed to fetch");
    const listed = await other.ask<object[]>("GET", "/api/v1/tasks", { headers: { authorization: "Bearer s3cret" } });
    expect(listed.body).toEqual([]);
  });
});
