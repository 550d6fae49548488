// What is wrong with a body: no JSON, the wrong types, keys with a meaning of their own, and tasks that no engine can run.

import { bearer, bytesOf, creates, host, json, type Row, sends } from "./request.ts";

const create = (what: string, body: string, code: Row["code"], status = 400) =>
  sends(what, "POST /api/v1/tasks", body, status, code);

const notJson: Row[] = [
  create("nothing that is JSON", "hello", "invalid-json"),
  create("half of an object", '{"name":"a"', "invalid-json"),
  create("two objects", '{"name":"a","image":"b"}{}', "invalid-json"),
  create("a comma too many", '{"name":"a","image":"b",}', "invalid-json"),
  create("single quotes", "{'name':'a','image':'b'}", "invalid-json"),
  create("a comment", '{"name":"a","image":"b"/* x */}', "invalid-json"),
  create("NaN", '{"name":"a","image":"b","stopGraceSeconds":NaN}', "invalid-json"),
  create("a number with a leading zero", '{"name":"a","image":"b","stopGraceSeconds":010}', "invalid-json"),
  create("a line end in a string", '{"name":"a\n","image":"b"}', "invalid-json"),
  create("a NUL between", '{"name":"a",\0"image":"b"}', "invalid-json"),
  create("half of an escape", '{"name":"\\u12","image":"b"}', "invalid-json"),
  create("bad UTF-8 in a value", '{"name":"hostile","image":"nginx","env":{"A":"\xff\xfe"}}', "invalid-json"),
  create("bad UTF-8 in a key", '{"name":"hostile","image":"nginx","env":{"\xc3\x28":"a"}}', "invalid-json"),
  create(
    "half of a surrogate as UTF-8",
    '{"name":"hostile","image":"nginx","env":{"A":"\xed\xa0\x80"}}',
    "invalid-json",
  ),
  create("an overlong slash", '{"name":"hostile","image":"nginx","env":{"A":"\xc0\xaf"}}', "invalid-json"),
  create(
    "UTF-16",
    [...'\uFEFF{"name":"a","image":"b"}'].map((c) => `${String.fromCharCode(c.charCodeAt(0) & 255)}\0`).join(""),
    "invalid-json",
  ),
  create(
    "a body that is compressed",
    Buffer.from(Bun.gzipSync('{"name":"a","image":"b"}')).toString("latin1"),
    "invalid-json",
  ),
  create("half a million brackets", "[".repeat(500_000), "invalid-json"),
  create(
    "XML",
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "invalid-json",
  ),
];

const deep = (open: string, close: string, count = 150_000) => `${open.repeat(count)}1${close.repeat(count)}`;
const wrongShape: Row[] = [
  create("null", "null", "invalid-field"),
  create("a number", "1", "invalid-field"),
  create("a string", '"a"', "invalid-field"),
  create("a list", "[]", "invalid-field"),
  create("a list of tasks", '[{"name":"a","image":"b"}]', "invalid-field"),
  create("an empty object", "{}", "invalid-field"),
  create("an empty body", "", "invalid-field"),
  create("lists in lists, very deep", deep("[", "]"), "invalid-json"),
  create("a name that is very deep", `{"name":${deep("[", "]")},"image":"x"}`, "invalid-json"),
  create("a label that is very deep", `{"name":"a","image":"x","labels":{"a":${deep('{"a":', "}")}}}`, "invalid-json"),
  create("an unknown field that is very deep", `{"name":"a","image":"x","more":${deep('{"a":', "}")}}`, "invalid-json"),
  create(
    "100,000 fields",
    `{"name":"a","image":"x",${Array.from({ length: 50_000 }, (_, i) => `"f${i}":1`).join()}}`,
    "unknown-field",
  ),
  creates("a field that there is not", '"colour":"red"', "unknown-field"),
  creates("a field of a field that there is not", '"resources":{"gpu":{"request":1}}', "unknown-field"),
  creates("the key __proto__", '"__proto__":{"name":"a"}', "invalid-field"),
  creates("the key __proto__ in escapes", '"\\u005f\\u005fproto__":{"name":"a"}', "invalid-field"),
  creates("the key __proto__ among labels", '"labels":{"__proto__":"a"}', "invalid-field"),
  creates("the key __proto__ in escapes among labels", '"labels":{"\\u005f_proto_\\u005f":"a"}', "invalid-field"),
  creates("the key __proto__ among variables", '"env":{"__proto__":"a"}', "invalid-field"),
  creates("the key constructor", '"constructor":{"prototype":{"admin":true}}', "unknown-field"),
  creates("the key hasOwnProperty", '"hasOwnProperty":1', "unknown-field"),
  creates("the key toJSON", '"toJSON":"x"', "unknown-field"),
];

const wrongValues: Row[] = [
  create("a name that is a number", '{"name":1,"image":"x"}', "invalid-field"),
  create("a name that is null", '{"name":null,"image":"x"}', "invalid-field"),
  create("an empty name", '{"name":"","image":"x"}', "invalid-field"),
  create("a name with a slash", '{"name":"../etc","image":"x"}', "invalid-field"),
  create("a name with a NUL", '{"name":"a\\u0000","image":"x"}', "invalid-field"),
  create("a name with a line end", '{"name":"a\\n","image":"x"}', "invalid-field"),
  create("a name in other letters", '{"name":"\u0456\u0430","image":"x"}', "invalid-field"),
  create("a name that turns its direction", '{"name":"a\\u202eb","image":"x"}', "invalid-field"),
  create("a name of 64 letters", `{"name":"${"a".repeat(64)}","image":"x"}`, "invalid-field"),
  create("a name of a megabyte", `{"name":"${"a".repeat(1_000_000)}","image":"x"}`, "invalid-field"),
  create("a name of half a character", '{"name":"\\ud800","image":"x"}', "invalid-field"),
  create("an image with a command", '{"name":"a","image":"x; rm -rf /"}', "invalid-field"),
  create("an image with a scheme", '{"name":"a","image":"file:///etc/passwd"}', "invalid-field"),
  create("an image that takes a pattern long", `{"name":"a","image":"${"a-".repeat(500_000)}"}`, "invalid-field"),
  creates("half a character in a value", '"env":{"A":"\\ud800"}', "invalid-field"),
  creates("half a character in a key", '"env":{"\\udc00":"a"}', "invalid-field"),
  creates("half a character in an argument", '"args":["a","\\ud83d"]', "invalid-field"),
  creates("a variable with a NUL", '"env":{"A":"a\\u0000b"}', "invalid-field"),
  creates("a variable named A=B", '"env":{"A=B":"c"}', "invalid-field"),
  creates("a variable without a name", '"env":{"":"c"}', "invalid-field"),
  creates("a variable that is a number", '"env":{"A":1}', "invalid-field"),
  creates("variables in a list", '"env":["A=b"]', "invalid-field"),
  creates("a variable of 33 KiB", `"env":{"A":"${"a".repeat(33 * 1024)}"}`, "invalid-field"),
  creates("1,000 variables", `"env":{${Array.from({ length: 1000 }, (_, i) => `"V${i}":""`).join()}}`, "invalid-field"),
  creates("1,000 arguments", `"args":[${'"a",'.repeat(999)}"a"]`, "invalid-field"),
  creates("arguments that are a number", '"args":7', "invalid-field"),
  creates("an argument that is a list", '"args":[["a"]]', "invalid-field"),
  creates("a label key with an equals sign", '"labels":{"a=b":"c"}', "invalid-field"),
  creates("a label key of half a character", '"labels":{"\\ud800":"c"}', "invalid-field"),
  creates("100 labels", `"labels":{${Array.from({ length: 100 }, (_, i) => `"l${i}":""`).join()}}`, "invalid-field"),
  creates("port 0", '"ports":[{"containerPort":0}]', "invalid-field"),
  creates("port 65536", '"ports":[{"containerPort":65536}]', "invalid-field"),
  creates("port 80.5", '"ports":[{"containerPort":80.5}]', "invalid-field"),
  creates("a port that is text", '"ports":[{"containerPort":"80"}]', "invalid-field"),
  creates("a port below nothing", '"ports":[{"containerPort":-1}]', "invalid-field"),
  creates("a port beyond all numbers", '"ports":[{"containerPort":1e999}]', "invalid-field"),
  creates("a protocol that there is not", '"ports":[{"containerPort":80,"protocol":"icmp"}]', "invalid-field"),
  creates("an address that is none", '"ports":[{"containerPort":80,"hostIp":"1.2.3.999"}]', "invalid-field"),
  creates("a grace beyond all numbers", '"stopGraceSeconds":1e308', "invalid-field"),
  creates("a grace below nothing", '"stopGraceSeconds":-1', "invalid-field"),
  creates("a grace that is not exact", '"stopGraceSeconds":9007199254740993', "invalid-field"),
  creates("a policy that there is not", '"restartPolicy":"sometimes"', "invalid-field"),
  creates("memory below nothing", '"resources":{"memory":{"request":"-1Mi"}}', "invalid-field"),
  creates("memory beyond all machines", '"resources":{"memory":{"request":"999999999Ti"}}', "invalid-field"),
  creates("memory in words", '"resources":{"memory":{"request":"lots"}}', "invalid-field"),
  creates("cores beyond all machines", '"resources":{"cpu":{"request":1e9}}', "invalid-field"),
  creates("cores below nothing", '"resources":{"cpu":{"request":-0.5}}', "invalid-field"),
  creates("a mount to nowhere", '"mounts":[{"type":"bind","source":"/etc","target":"x"}]', "invalid-field"),
  creates(
    "a mount of a kind that there is not",
    '"mounts":[{"type":"nfs","source":"/a","target":"/x"}]',
    "invalid-field",
  ),
  creates("a constraint that is none", '"constraints":["=="]', "invalid-field"),
];

const contradictions: Row[] = [
  creates(
    "more asked for than allowed",
    '"resources":{"memory":{"request":"2Gi","limit":"1Gi"}}',
    "unprocessable",
    422,
  ),
  creates(
    "one port twice",
    '"ports":[{"containerPort":80,"hostPort":80},{"containerPort":81,"hostPort":80}]',
    "unprocessable",
    422,
  ),
  creates(
    "two mounts in one place",
    '"mounts":[{"type":"tmpfs","target":"/x"},{"type":"tmpfs","target":"/x"}]',
    "unprocessable",
    422,
  ),
];

const keyed = (what: string, key: string, name: string, status: number, code: Row["code"]): Row => {
  const body = `{"name":"${name}","image":"nginx"}`;
  const head = `POST /api/v1/tasks HTTP/1.1\r\n${host}${bearer}${json}Idempotency-Key: ${key}\r\n`;
  return { what, bytes: bytesOf(`${head}Content-Length: ${body.length}\r\n\r\n${body}`), status, code };
};
const ifFree = (what: string, condition: string, name: string, status: number, code: Row["code"]): Row => {
  const body = `{"name":"${name}","image":"nginx"}`;
  const head = `POST /api/v1/tasks HTTP/1.1\r\n${host}${bearer}${json}If-None-Match: ${condition}\r\n`;
  return { what, bytes: bytesOf(`${head}Content-Length: ${body.length}\r\n\r\n${body}`), status, code };
};
const keys: Row[] = [
  ifFree("a free name that is taken twice", "*", "twin", 409, "name-taken"),
  ifFree("a condition on a version that there is not", '"abc"', "other", 400, "invalid-field"),
  keyed("a key that was used for something else", "used", "other", 422, "idempotency-conflict"),
  keyed("an empty key", "", "other", 400, "invalid-field"),
  keyed("a key of 300 letters", "k".repeat(300), "other", 400, "invalid-field"),
];

const register = (what: string, fields: string, code: Row["code"] = "invalid-field") =>
  sends(what, "POST /api/v1/nodes/register", `{${fields}}`, 400, code);
const reports = (what: string, body: string, code: Row["code"] = "invalid-field") =>
  sends(what, "PUT /api/v1/tasks/web/status", body, 400, code);
const nodes: Row[] = [
  register("a node without anything", ""),
  register("a node with a URL as name", '"hostname":"http://evil/","port":1'),
  register("a node with a line end in its name", '"hostname":"n9\\nX","port":1'),
  register("a node on port 0", '"hostname":"n9","port":0'),
  register("a node with no places", '"hostname":"n9","port":1,"capacity":0'),
  register("a node with a million places", '"hostname":"n9","port":1,"capacity":1000000'),
  register("a node with an id of its own making", '"hostname":"n9","port":1,"nodeId":"../../x"'),
  register("a node at an address with a path", '"hostname":"n9","port":1,"address":"127.0.0.1/@evil"'),
  register("a node with a field that there is not", '"hostname":"n9","port":1,"root":true', "unknown-field"),
  sends("a heartbeat that is a list", "POST /api/v1/nodes/n1/heartbeat", "[]", 400, "invalid-field"),
  sends(
    "a heartbeat with an engine of numbers",
    "POST /api/v1/nodes/n1/heartbeat",
    '{"engine":7}',
    400,
    "invalid-field",
  ),
  sends(
    "a heartbeat with a complaint of a megabyte",
    "POST /api/v1/nodes/n1/heartbeat",
    `{"engineError":"${"a".repeat(1_000_000)}"}`,
    400,
    "invalid-field",
  ),
  reports("a report without a status", "{}"),
  reports("a status that there is not", '{"status":"on fire"}'),
  reports("an exit code beyond all numbers", '{"status":"failed","exitCode":1e30}'),
  reports("an end that is no time", '{"status":"failed","finishedAt":"yesterday"}'),
  reports("a reason that there is not", '{"status":"failed","reason":{"code":"__proto__","message":"x"}}'),
  reports("a million restarts and more", '{"status":"running","restarts":1e12}'),
  reports("a report with a field of a task", '{"status":"running","image":"evil"}', "unknown-field"),
];

const selectorBody = (what: string, fields: string, code: Row["code"], status = 400) =>
  sends(what, "POST /api/v1/services", `{"name":"hostile",${fields}}`, status, code);

const selectors: Row[] = [
  selectorBody("a selector that selects everything", '"selector":{}', "invalid-field"),
  selectorBody("a selector with the key __proto__", '"selector":{"__proto__":"a"}', "invalid-field"),
  selectorBody("a selector that is text", '"selector":"app=web"', "invalid-field"),
  selectorBody("a selector and a template", '"selector":{"a":"b"},"image":"x"', "unprocessable", 422),
  selectorBody("a selector with a field of tasks", '"selector":{"a":"b"},"env":{}', "unknown-field"),
  selectorBody(
    "1,000 labels",
    `"selector":{${Array.from({ length: 1000 }, (_, i) => `"l${i}":""`).join()}}`,
    "invalid-field",
  ),
  selectorBody("1,000 ports", `"selector":{"a":"b"},"ports":[${'{"port":1},'.repeat(999)}{"port":1}]`, "invalid-field"),
  selectorBody("a port beyond all numbers", '"selector":{"a":"b"},"ports":[{"port":1e999}]', "invalid-field"),
  selectorBody("an address that is an object", '"selector":{"a":"b"},"clusterIp":{"a":1}', "invalid-field"),
  selectorBody("an affinity to clients", '"selector":{"a":"b"},"sessionAffinity":"ClientIP"', "unprocessable", 422),
  sends("neither a selector nor an image", "PUT /api/v1/services/a", '{"name":"a"}', 400, "invalid-field"),
  sends("a service that is a list", "POST /api/v1/services", "[]", 400, "invalid-field"),
];

export const bodyRows: Row[] = [
  ...notJson,
  ...wrongShape,
  ...wrongValues,
  ...contradictions,
  ...keys,
  ...nodes,
  ...selectors,
];
