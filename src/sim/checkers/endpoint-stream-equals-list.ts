// A client that follows the endpoints of a service has after each revision what a list said at that revision: no event is left
// out, comes twice, or comes late. The lists are made from the truth.

import { endpointsOf } from "../../master/watch/endpoint-streams.ts";
import type { ServiceId } from "../../model/ids.ts";
import type { Endpoint, EndpointList } from "../../model/service/endpoint.ts";
import type { Checker } from "./checker.ts";

export const endpointStreamEqualsList: Checker = {
  name: "endpoint-stream-equals-list",
  sentence: "A client that follows the endpoints of a service has what a list has, after each revision.",
  class: "safety",
  hooks: ({ truth, endpointClient }, fail) => {
    /** Null while it follows none. */
    let followed: ServiceId | null = null;
    /** The lists since the stream was asked for, the oldest first: each from its revision on. */
    let lists: { revision: number; text: string }[] = [];
    /** What the client has, by the id of the task. */
    const shown = new Map<string, Endpoint>();
    /** The client has all events of the revisions before. Null until it has the whole list. */
    let revision: number | null = null;
    const listNow = () => {
      const service = truth.state.tables.service.get(followed!);
      return textOf(service ? endpointsOf(truth.state, service).endpoints : []);
    };
    const compare = (at: number) => {
      const expected = lists.findLast((list) => list.revision <= at)?.text;
      const found = textOf([...shown.values()]);
      if (found !== expected) fail(`at revision ${at} a client of ${followed} has ${found}, and the list ${expected}`);
    };
    if (endpointClient === null) return {};
    endpointClient.listener = {
      opens(serviceId) {
        followed = serviceId;
        revision = null;
        lists = [{ revision: truth.state.revision, text: listNow() }];
      },
      event({ event, data, id }) {
        const at = Number(id);
        if (revision !== null && at > revision) compare(at - 1);
        revision = at;
        if (event === "sync") {
          shown.clear();
          for (const one of (JSON.parse(data) as EndpointList).endpoints) shown.set(one.taskId, one);
          compare(at);
        } else if (event === "endpoint") {
          const endpoint = JSON.parse(data) as Endpoint;
          shown.set(endpoint.taskId, endpoint);
        } else if (event === "gone") shown.delete((JSON.parse(data) as Endpoint).taskId);
        else compare(at); // removed
      },
      ends() {
        followed = null;
      },
    };
    return {
      batch({ batch }) {
        if (followed === null) return;
        const text = listNow();
        if (text !== lists.at(-1)!.text) lists.push({ revision: batch.revision, text });
      },
      quiescent() {
        if (followed !== null && revision !== null) compare(truth.state.revision);
      },
    };
  },
};

function textOf(endpoints: readonly Endpoint[]): string {
  return endpoints
    .map((one) => JSON.stringify(one))
    .sort()
    .join("; ");
}
