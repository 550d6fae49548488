// A process of many watchers: connects them to GET /api/v1/watch over bare sockets, counts the events of each, and prints one
// line of JSON when each has the requested number. It does not parse events, so that it uses little processor time.

const [host, port, count, expected] = process.argv.slice(2) as [string, string, string, string];
const watchers = Number(count);
const wanted = Number(expected);
const mark = Buffer.from("event: change");

interface Counter {
  events: number;
  /** The end of the last chunk, which may contain the start of a mark. */
  rest: Buffer;
  listening: boolean;
}

let listening = 0;
let full = 0;
let cut = 0;
let bytes = 0;
let firstAt = 0;

function finishWhenAll(): void {
  if (full + cut < watchers) return;
  const result = { seconds: (performance.now() - firstAt) / 1000, cut, bytes };
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}

function countMarks(counter: Counter, chunk: Buffer): void {
  const data = counter.rest.length === 0 ? chunk : Buffer.concat([counter.rest, chunk]);
  let from = 0;
  for (let at = data.indexOf(mark); at >= 0; at = data.indexOf(mark, from)) {
    counter.events++;
    from = at + mark.length;
  }
  counter.rest = Buffer.from(data.subarray(Math.max(from, data.length - mark.length + 1)));
}

const request = `GET /api/v1/watch HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n`;
for (let index = 0; index < watchers; index++) {
  const counter: Counter = { events: 0, rest: Buffer.alloc(0), listening: false };
  await Bun.connect({
    hostname: host,
    port: Number(port),
    socket: {
      open: (socket) => void socket.write(request),
      data(_, chunk) {
        if (!counter.listening && chunk.includes("event: hello")) {
          counter.listening = true;
          if (++listening === watchers) process.stdout.write("listening\n");
        }
        const before = counter.events;
        countMarks(counter, chunk);
        bytes += chunk.length;
        if (counter.events > 0 && firstAt === 0) firstAt = performance.now();
        if (before < wanted && counter.events >= wanted) {
          full++;
          finishWhenAll();
        }
      },
      close() {
        if (counter.events >= wanted) return;
        cut++;
        finishWhenAll();
      },
    },
  });
}

export {};
