// Web servers for tests of services: one that ends at SIGTERM, and one that ignores it. Each answers with the value of VERSION.
// Test support.

const page = 'mkdir -p /www; echo "$VERSION" > /www/index.html';

/** By what they do at SIGTERM. The first process of a container gets no signal that it does not handle. */
export const webApps = {
  handles: `${page}; trap 'kill $!; exit 0' TERM; httpd -f -p 80 -h /www & wait $!`,
  ignores: `${page}; exec httpd -f -p 80 -h /www`,
} as const;

export type WebApp = keyof typeof webApps;

/** The body of a service of such a server, on a free port of the node's address. */
export function webService(name: string, image: string, app: WebApp, version: string, more: object = {}): object {
  return {
    ...{ name, image, command: ["sh", "-c"], args: [webApps[app]], env: { VERSION: version } },
    // Without it, a replica is ready before its server listens.
    readinessProbe: { http: { port: 80 }, periodMs: 1000 },
    ...{ ports: [{ containerPort: 80 }], stopGraceSeconds: 1, rollout: { minReadyMs: 500, monitorMs: 500 } },
    ...more,
  };
}
