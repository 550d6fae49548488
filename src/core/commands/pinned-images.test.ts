// Which images the tasks of a revision get, by what their tags stood for when it was made.

import { describe, expect, test } from "bun:test";
import { imagesToResolve, type ResolvedImage } from "../../model/service/pinned.ts";
import { revisionId } from "../../model/service/service.ts";
import type { ParsedServiceInput } from "../../model/service/service-input.ts";
import { unpackSpec } from "../../model/task/spec.ts";
import { Services } from "../reconcile/service/test-services.ts";

const one = `sha256:${"1".repeat(64)}`;
const two = `sha256:${"2".repeat(64)}`;
const found = (digest: string | null, image = "app:1"): ResolvedImage => ({
  ...{ image, digest },
  why: digest === null ? "the registry does not answer" : "",
});

function put(services: Services, images: readonly ResolvedImage[], more: object = {}): void {
  const rollout = { minReadyMs: 0, monitorMs: 0, drainMs: 0 };
  const input = { name: "web", image: "app:1", replicas: 1, rollout, ...more } as ParsedServiceInput;
  services.do({ type: "putService", input, by: "test", images });
  services.settle();
}

const imageOf = (services: Services) => services.serving[0]!.spec.containers[0]!.image;
const revisionOf = (services: Services) => {
  const { serviceId, target } = services.service;
  return services.world.state.record("revision", revisionId(serviceId, target));
};

describe("the tasks of a revision", () => {
  test("get the image of the digest; the template and the revision show what was asked for", () => {
    const services = new Services();
    put(services, [found(one)]);
    expect(imageOf(services)).toBe(`app:1@${one}`);
    expect(revisionOf(services)).toMatchObject({ images: [found(one)], spec: { containers: [{ image: "app:1" }] } });
  });

  test("get the tag where no digest is known, and the revision says why", () => {
    const services = new Services();
    put(services, [found(null)]);
    expect(imageOf(services)).toBe("app:1");
    expect(revisionOf(services).images).toEqual([found(null)]);
  });

  test("keep the digest when something else changes, and at a restart", () => {
    const services = new Services();
    put(services, [found(one)]);
    put(services, [], { env: { A: "1" } });
    expect([services.service.target, imageOf(services)]).toEqual([2, `app:1@${one}`]);
    services.do({ type: "restartService", serviceId: services.service.serviceId, by: "test" });
    services.settle();
    expect([services.service.target, imageOf(services)]).toEqual([3, `app:1@${one}`]);
  });

  test("get another image than before when the tag has moved, and the old one after a rollback", () => {
    const services = new Services();
    put(services, [found(one)]);
    put(services, [found(one)]);
    expect(services.service.target).toBe(1);
    put(services, [found(two)]);
    expect([services.service.target, imageOf(services)]).toEqual([2, `app:1@${two}`]);
    expect(revisionOf(services).note).toBe("app:1 stands for another image");
    services.do({ type: "rollbackService", serviceId: services.service.serviceId });
    services.settle();
    expect([services.service.target, imageOf(services)]).toEqual([1, `app:1@${one}`]);
  });

  test("keep the digest when the registry does not answer", () => {
    const services = new Services();
    put(services, [found(one)]);
    put(services, [found(null)]);
    expect(services.service.target).toBe(1);
    put(services, [found(null)], { env: { A: "1" } });
    expect(imageOf(services)).toBe(`app:1@${one}`);
  });
});

test("an image with a digest of its own, and one that is never pulled, are not looked up; each other one once", () => {
  const containers = [
    { image: "app:1" },
    { image: "app:1", name: "again" },
    { image: `fixed@${one}`, name: "fixed" },
    { image: "local", name: "local", pullPolicy: "never" as const },
  ];
  expect(imagesToResolve(unpackSpec({ containers, init: [{ image: "setup:2" }] }))).toEqual(["setup:2", "app:1"]);
});
