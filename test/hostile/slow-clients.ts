// Connections that take much time and little else: silent ones, requests that never become whole, answers and streams
// that their client does not read. For tests and bench: it opens, trickles, and closes; it asserts and measures nothing.

type Socket = Bun.Socket<undefined>;

export interface SlowClients {
  /** Connections that were opened. */
  opened: number;
  close(): void;
}

interface Kind {
  /** Sent at once. */
  first: string;
  /** One byte of it again and again; empty: nothing more. */
  trickle: string;
  /** It never reads what comes. */
  unread: boolean;
}

const trickleMs = 1_000;

function kinds(headers: string): Kind[] {
  const post = `POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\n${headers}Content-Type: application/json\r\n`;
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;
  return [
    { first: "", trickle: "", unread: false },
    { first: get("/health"), trickle: "", unread: false },
    { first: "GET /health HTTP/1.1\r\nHo", trickle: "", unread: false },
    { first: "GET /health HTTP/1.1\r\nX: ", trickle: "a", unread: false },
    { first: `${post}Content-Length: 1000\r\n\r\n{"name":`, trickle: "", unread: false },
    { first: `${post}Content-Length: 100000\r\n\r\n`, trickle: " ", unread: false },
    { first: `${post}Transfer-Encoding: chunked\r\n\r\n3e8\r\n`, trickle: " ", unread: false },
    { first: get("/api/v1/tasks?limit=10000"), trickle: "", unread: true },
    { first: get("/api/v1/watch"), trickle: "", unread: true },
    { first: get("/api/v1/tasks?watch=true"), trickle: "", unread: true },
  ];
}

/** As many of each kind. What the other side closes is opened again, so that the number stays. */
export async function openSlowClients(port: number, count: number, headers = ""): Promise<SlowClients> {
  const all = kinds(headers);
  const sockets = new Set<Socket>();
  const trickling = new Map<Socket, string>();
  let closing = false;
  const clients: SlowClients = {
    opened: 0,
    close() {
      closing = true;
      clearInterval(timer);
      for (const socket of sockets) socket.terminate();
    },
  };
  const open = async (kind: Kind): Promise<void> => {
    await Bun.connect<undefined>({
      hostname: "127.0.0.1",
      port,
      socket: {
        open(socket) {
          clients.opened++;
          sockets.add(socket);
          if (kind.unread) socket.pause();
          if (kind.first !== "") socket.write(kind.first);
          if (kind.trickle !== "") trickling.set(socket, kind.trickle);
        },
        data() {},
        error() {},
        close(socket) {
          sockets.delete(socket);
          trickling.delete(socket);
          if (!closing) void open(kind).catch(() => {}); // the master may be full for a moment
        },
      },
    });
  };
  const timer = setInterval(() => {
    for (const [socket, byte] of trickling) socket.write(byte);
  }, trickleMs);
  for (let opened = 0; opened < count; opened += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, i) => open(all[(opened + i) % all.length]!)));
  }
  return clients;
}
