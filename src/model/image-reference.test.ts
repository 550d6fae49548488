// References as engines compare them.

import { expect, test } from "bun:test";
import { plainReference } from "./image-reference.ts";

const digest = `sha256:${"a".repeat(64)}`;

test.each([
  ["nginx", "nginx:latest"],
  ["nginx:1.27", "nginx:1.27"],
  ["docker.io/library/nginx:1.27", "nginx:1.27"],
  ["index.docker.io/team/app", "team/app:latest"],
  ["library/nginx", "nginx:latest"],
  ["registry.example:5000/library/app", "registry.example:5000/library/app:latest"],
  ["docker.io/library/team/app:2", "library/team/app:2"],
  [`nginx@${digest}`, `nginx@${digest}`],
  [`nginx:1.27@${digest}`, `nginx@${digest}`],
])("%s is %s", (image, plain) => expect(plainReference(image)).toBe(plain));
