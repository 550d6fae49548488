// An app is applied as a whole: what has the name of a member and is not one was left over by an app of which a part was refused, or
// was taken by another one.

import { appRevisionId } from "../../model/app/app.ts";
import { type CertainBatch, changesOf } from "../run/truth.ts";
import { appNames } from "../workload/apps.ts";
import type { Checker } from "./checker.ts";

/** True when the batch has something of an app, or of what it consists of. */
function isAbout(certain: CertainBatch): boolean {
  return (["app", "service", "config", "secret"] as const).some((kind) => changesOf(certain, kind).length > 0);
}

export const appsAreWhole: Checker = {
  name: "apps-are-whole",
  sentence: "Every service, config and secret with the name of an app belongs to it, and the app has what it names.",
  class: "safety",
  hooks: ({ truth }, fail) => ({
    batch(certain) {
      if (!isAbout(certain)) return;
      const { state } = truth;
      const { app: apps, appRevision: revisions, service: services } = state.tables;
      for (const name of appNames) {
        const app = apps.get(name);
        const revision = app && revisions.get(appRevisionId(name, app.revision));
        if (app && !revision) fail(`the revision ${app.revision} of the app ${name} is not there`);
        for (const service of services.values())
          if (service.name.startsWith(`${name}_`) && !app?.members.services.includes(service.serviceId))
            fail(`the service ${service.name} is no member of the app ${name}`);
        for (const wanted of revision?.services ?? [])
          if (!state.serviceNamed(wanted.name)) fail(`the app ${name} has no service ${wanted.name}`);
        for (const kind of ["config", "secret"] as const) {
          const members = new Set(app?.members[`${kind}s`]);
          for (const content of state.contentNames(kind))
            if (content.startsWith(`${name}_`) && !members.has(content))
              fail(`the ${kind} ${content} is no member of the app ${name}`);
          for (const { name: content, version } of revision?.[`${kind}s`] ?? [])
            if (!state.versionsOf(kind, content).includes(version))
              fail(`the app ${name} has no version ${version} of the ${kind} ${content}`);
        }
      }
    },
  }),
};
