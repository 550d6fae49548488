// What clients do with services: create, apply, scale, restart, roll back, pause, resume, promote, remove and read them, and stop,
// restart and remove single replicas.

import { type Random, randomInteger } from "../../lib/random.ts";
import type { Outcome } from "../../model/refusal.ts";
import type { ServiceView } from "../../model/service/view.ts";
import type { TaskView } from "../../model/task/view.ts";
import type { Plan } from "../faults/plan.ts";
import { drawDependencies } from "../machines/dependency-inputs.ts";
import { asSeveral } from "../machines/pod-inputs.ts";
import { drawProbes } from "../machines/probed.ts";
import { drawPriority } from "../machines/programs.ts";
import { drawServiceInput } from "../machines/service-inputs.ts";
import type { RunContext } from "../run/context.ts";
import type { Noun } from "./noun.ts";
import { patienceMs, type SimClient } from "./sim-client.ts";

/** Few names, so that a removed service is often followed by another one of its name. */
const names = ["s1", "s2", "s3", "s4"] as const;
const timeoutMs = patienceMs;
/** Every machine allows it. */
const folder = { type: "bind", source: "/srv/data", target: "/data", readOnly: false };

const inNetwork = { network: { mode: "cluster", app: "shop" } };

export class ServiceWorkload implements Noun {
  readonly share = 35;
  readonly #context: RunContext;
  readonly #random: Random;
  /** The last body that a client sent for each name. */
  readonly #applied = new Map<string, ReturnType<typeof drawServiceInput>>();
  readonly #capacity: number;
  /** Null if services have no probes. */
  readonly #probes: Random | null;
  /** Null if no service has data on its node. */
  readonly #data: Random | null;
  /** Null if templates have one container. */
  readonly #pods: Random | null;
  /** Null if services have no priorities. */
  readonly #priorities: Random | null;
  /** Null if services are in no network of the cluster. */
  readonly #networks: Random | null;
  /** Null if no service depends on another one. */
  readonly #dependencies: Random | null;
  #serial = 0;

  constructor(context: RunContext, plan: Plan) {
    const { probes = false, moves = false, pods = false, priorities = false, networks = false } = plan;
    this.#context = context;
    this.#data = moves ? context.world.random("data of services") : null;
    this.#priorities = priorities ? context.world.random("priorities of services") : null;
    this.#networks = networks ? context.world.random("networks of services") : null;
    this.#dependencies = plan.dependencies ? context.world.random("dependencies of services") : null;
    this.#probes = probes ? context.world.random("probes of services") : null;
    this.#pods = pods ? context.world.random("pods of services") : null;
    this.#random = context.world.random("services");
    this.#capacity = context.workers.reduce((sum, { capacity }) => sum + capacity, 0);
  }

  async act(client: SimClient): Promise<void> {
    const draw = this.#below(100);
    const name = names[this.#below(names.length)]!;
    const exists = this.#context.truth.state.serviceNamed(name) !== undefined;
    if (!exists && draw < 90) return this.#create(client, name);
    if (draw < 32) return this.#apply(client, name);
    if (draw < 44) return this.#scale(client, name);
    if (draw < 52) return this.#rollback(client, name);
    if (draw < 58) return this.#say(client, "pauseService", name);
    if (draw < 66) return this.#say(client, "resumeService", name);
    if (draw < 72) return this.#say(client, "promoteService", name);
    if (draw < 77) return this.#say(client, "restartService", name);
    if (draw < 81) return this.#remove(client, name);
    if (draw < 91) return this.#disturbReplica(client, name);
    if (draw < 94) await client.try(() => client.api.call("listServices", { timeoutMs }));
    else if (draw < 97) await client.try(() => client.api.call("listRevisions", { id: name, timeoutMs }));
    else await client.try(() => client.api.call("getService", { id: name, timeoutMs }));
  }

  #below(count: number): number {
    return randomInteger(this.#random, count);
  }

  #drawInput(): ReturnType<typeof drawServiceInput> {
    const input = drawServiceInput(this.#random, this.#serial++);
    const probed = this.#probes && input.image !== "gone" ? drawProbes(this.#probes) : null;
    const hasData = this.#data !== null && randomInteger(this.#data, 4) === 0;
    const priority = this.#priorities ? drawPriority(this.#priorities) : {};
    const network = this.#networks && randomInteger(this.#networks, 3) > 0 ? inNetwork : {};
    const whole = { ...input, ...probed, ...(hasData ? { mounts: [folder] } : {}), ...priority, ...network };
    if (this.#pods === null || randomInteger(this.#pods, 3) > 0) return whole;
    return { ...asSeveral(this.#pods, whole), ...priority, rollout: input.rollout };
  }

  #drawDependencies(name: string): object {
    return this.#dependencies ? drawDependencies(this.#dependencies, name) : {};
  }

  /** Mostly so few that all services fit, and tasks beside them. */
  #drawReplicas(): number {
    if (this.#below(12) === 0) return this.#below(2) * this.#capacity;
    return 1 + this.#below(Math.max(1, Math.min(5, Math.floor(this.#capacity / 6))));
  }

  async #create(client: SimClient, name: string): Promise<void> {
    const input = { ...this.#drawInput(), replicas: this.#drawReplicas() };
    this.#applied.set(name, input);
    const body = { ...input, name, ...this.#drawDependencies(name) } as never;
    const { ledger } = this.#context;
    const outcome = await client.try(() => client.api.call("createService", { body, timeoutMs }));
    if (outcome.ok) ledger.services.answered(outcome.value!);
  }

  /** Another template, another policy, or the same body again. */
  async #apply(client: SimClient, name: string): Promise<void> {
    const before = this.#applied.get(name);
    const input = this.#drawInput();
    const kind = this.#below(10);
    // Without a word of it the number of replicas stays as it is.
    const next = !before || kind < 6 ? input : kind < 8 ? { ...before, rollout: input.rollout } : before;
    this.#applied.set(name, next);
    const body = { ...next, name, ...this.#drawDependencies(name) } as never;
    const outcome = await client.try(() => client.api.call("putService", { id: name, body, timeoutMs }));
    this.#answered(outcome);
  }

  async #scale(client: SimClient, name: string): Promise<void> {
    const replicas = this.#below(8) === 0 ? 0 : this.#drawReplicas();
    const query = { replicas };
    this.#answered(await client.try(() => client.api.call("scaleService", { id: name, query, timeoutMs })));
  }

  async #rollback(client: SimClient, name: string): Promise<void> {
    const newest = this.#context.truth.state.serviceNamed(name)?.newest ?? 1;
    const query = this.#below(2) === 0 ? {} : { to: 1 + this.#below(newest) };
    this.#answered(await client.try(() => client.api.call("rollbackService", { id: name, query, timeoutMs })));
  }

  async #say(
    client: SimClient,
    operation: "pauseService" | "resumeService" | "promoteService" | "restartService",
    id: string,
  ): Promise<void> {
    this.#answered(await client.try(() => client.api.call(operation, { id, timeoutMs })));
  }

  #answered(outcome: Outcome<ServiceView | null>): void {
    if (outcome.ok) this.#context.ledger.services.answered(outcome.value!);
  }

  async #remove(client: SimClient, name: string): Promise<void> {
    const id = this.#context.truth.state.serviceNamed(name)?.serviceId;
    if (id === undefined) return;
    const { ledger } = this.#context;
    const outcome = await client.try(() => client.api.call("deleteService", { id, timeoutMs }));
    if (outcome.ok) ledger.services.removed.add(id);
  }

  /** A person stops, restarts or removes one replica: the service goes on with another one. */
  async #disturbReplica(client: SimClient, name: string): Promise<void> {
    const { ledger } = this.#context;
    const listed = await client.try(() => client.api.call("listReplicas", { id: name, timeoutMs }));
    if (!listed.ok) return;
    const replicas = listed.value as TaskView[];
    if (replicas.length === 0) return;
    const { taskId: id } = replicas[this.#below(replicas.length)]!;
    const draw = this.#below(3);
    if (draw === 0) await client.try(() => client.api.call("stopTask", { id, timeoutMs }));
    else if (draw === 1) await client.try(() => client.api.call("restartTask", { id, timeoutMs }));
    else {
      ledger.forced.add(id);
      await client.try(() => client.api.call("deleteTask", { id, query: { force: true }, timeoutMs }));
    }
  }
}
