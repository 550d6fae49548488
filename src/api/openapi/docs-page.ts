// The API as a page: a small script that shows openapi.json. It loads nothing from other sites.

export function docsPage(): string {
  return page;
}

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Podling API</title>
<style>
  :root { color-scheme: light dark; --line: #8884; --soft: #8882; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { margin-bottom: 0 } h2 { margin: 2rem 0 .5rem; font-size: 1.1rem }
  details { border: 1px solid var(--line); border-radius: .4rem; margin: .4rem 0; padding: 0 .8rem }
  summary { cursor: pointer; padding: .5rem 0; display: flex; gap: .8rem; align-items: baseline; flex-wrap: wrap }
  summary::-webkit-details-marker { display: none }
  .method { font: 600 .8rem ui-monospace, monospace; width: 4rem; text-align: center; border-radius: .2rem; padding: .1rem 0; color: #fff }
  .GET { background: #1a6fb5 } .POST { background: #1d7f43 } .PUT { background: #9a5b00 } .DELETE { background: #b3261e }
  code, pre, .path { font-family: ui-monospace, monospace; font-size: .9rem }
  pre { background: var(--soft); padding: .8rem; overflow: auto; border-radius: .3rem; max-height: 30rem }
  table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem }
  td, th { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line) }
  .words { opacity: .8 }
</style>
<h1>Podling API</h1>
<p id="about" class="words">Reading openapi.json ...</p>
<main id="main"></main>
<script>
const el = (tag, props = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
};
const table = (head, rows) => el("table", {}, el("tr", {}, ...head.map((h) => el("th", { textContent: h }))),
  ...rows.map((row) => el("tr", {}, ...row.map((cell, i) => el("td", i ? { textContent: cell } : {}, ...(i ? [] : [el("code", { textContent: cell })]))))));
const typeOf = (s = {}) => s.enum ? s.enum.join(" | ") : s.$ref ? s.$ref.split("/").pop() : s.anyOf ? [...new Set(s.anyOf.map(typeOf))].join(" or ")
  : s.type === "array" ? "list of " + typeOf(s.items) : [].concat(s.type ?? "any").join(" or ");
fetch("/openapi.json").then((r) => r.json()).then((api) => {
  about.textContent = api.info.title + " " + api.info.version + ". " + api.info.description + " The same as data: /openapi.json";
  const groups = {};
  for (const [path, methods] of Object.entries(api.paths)) for (const [method, op] of Object.entries(methods)) {
    const group = path.split("/")[3] ?? "about the master";
    (groups[group] ??= []).push([method.toUpperCase(), path, op]);
  }
  for (const [group, ops] of Object.entries(groups)) {
    main.append(el("h2", { textContent: group }));
    for (const [method, path, op] of ops) {
      const [media, { schema: body } = {}] = Object.entries(op.requestBody?.content ?? {})[0] ?? [];
      const open = el("details", {}, el("summary", {}, el("span", { className: "method " + method, textContent: method }),
        el("span", { className: "path", textContent: path }), el("span", { className: "words", textContent: op.summary })));
      if (op.parameters?.length) open.append(table(["parameter", "in", "type", ""], op.parameters.map((p) => [p.name, p.in, typeOf(p.schema), p.description ?? ""])));
      if (media && !body?.properties) open.append(el("p", { textContent: "body: " + media }));
      if (body?.properties) open.append(table(["body field", "type", ""], Object.entries(body.properties).map(([k, s]) =>
        [k + (body.required?.includes(k) ? " *" : ""), typeOf(s), s.description ?? (s.default === undefined ? "" : "default " + JSON.stringify(s.default))])));
      open.append(table(["status", "answer"], Object.entries(op.responses).map(([status, r]) => {
        const content = Object.entries(r.content ?? {})[0];
        return [status, status < 300 ? (content ? content[0] + ": " + typeOf(content[1].schema) : "no body") : r.description];
      })));
      main.append(open);
    }
  }
  main.append(el("h2", { textContent: "schemas" }));
  for (const [name, schema] of Object.entries(api.components.schemas))
    main.append(el("details", {}, el("summary", {}, el("code", { textContent: name })), el("pre", { textContent: JSON.stringify(schema, null, 2) })));
}).catch((error) => { about.textContent = "openapi.json could not be read: " + error.message; });
</script>
</html>
`;
