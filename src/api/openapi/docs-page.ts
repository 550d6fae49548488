// The API as a page: openapi.json as a list of operations with a form for each, which sends a request. It loads nothing from
// other sites. test/browser/docs-page.test.ts opens it in a browser.

import page from "./docs-page.html" with { type: "text" };

export function docsPage(): string {
  // The declaration of Bun is for pages that it bundles; this one is imported as text.
  return page as unknown as string;
}
