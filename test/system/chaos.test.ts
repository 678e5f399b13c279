/**
 * Starts with random faults: operations that fail, processes that are killed, commands that race each other. Each
 * ends with a command on the name, and then nothing may be left of it. `LXC_TS_CHAOS` is how many there are,
 * `LXC_TS_CHAOS_SEED` chooses others (`random`: any), `LXC_TS_CHAOS_ONLY=7,9` some of them, `LXC_TS_CHAOS_WORKERS` how
 * many are played side by side. Without a seed they are the same each time: whoever changes something else is not to find
 * what nobody has found before.
 */

import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import { bridge, makePool, nicOf } from './chaos/configuration.ts';
import { Gate } from './chaos/gate.ts';
import { type Manifest, settledManifest, takeManifest } from './chaos/manifest.ts';
import { isAlone, play } from './chaos/play.ts';
import { batch, type Pool, type Scenario, scenarioOf } from './chaos/scenario.ts';
import { buildFaulty } from './harness/faulty.ts';
import { testOurs } from './harness/suite.ts';
import { ours, serveView } from './harness/view.ts';
import { daemons } from './harness/world.ts';

const workers = Number(process.env.LXC_TS_CHAOS_WORKERS ?? 4);
const count = Number(process.env.LXC_TS_CHAOS ?? (process.env.LXC_TS_DAEMON === '0' ? 100 : 1000));
const seed = seedOf(process.env.LXC_TS_CHAOS_SEED ?? '3638931901');
/** Lines about what is wrong, after which no more is tried. */
const enough = 40;
const only = process.env.LXC_TS_CHAOS_ONLY?.split(',').map(Number);

testOurs(
  'A thousand starts with random faults and kills leave nothing behind',
  'faults are injected into our helper',
  async (scope) => {
    await scope.bridge(bridge);
    for (let worker = 0; worker < workers; worker += 1) await scope.link(nicOf(worker));
    await serveView(scope, ours);
    const faultyStart = buildFaulty();
    const chaos = new Chaos(makePool(scope), faultyStart);
    console.log(`seed ${seed}, ${count} scenarios`);
    const wrong = await chaos.play();
    console.log(chaos.told());
    if (wrong.length > 0) console.log(wrong.join('\n'));
    expect(wrong).toEqual([]);
  },
  { timeoutMs: 900_000 },
);

function seedOf(text: string): number {
  return text === 'random' ? Math.floor(Math.random() * 2 ** 32) : Number(text);
}

class Chaos {
  readonly #pool: Pool;
  readonly #faultyStart: string;
  readonly #gate = new Gate();
  readonly #counts = new Map<string, number>();
  readonly #since = Date.now();
  #played = 0;

  constructor(pool: Pool, faultyStart: string) {
    this.#pool = pool;
    this.#faultyStart = faultyStart;
  }

  async play(): Promise<string[]> {
    const indexes = only ?? Array.from({ length: count }, (_, index) => index);
    const wrong: string[] = [];
    for (let from = 0; from < indexes.length && wrong.length < enough; from += batch)
      wrong.push(...(await this.#playBatch(indexes.slice(from, from + batch))));
    return wrong;
  }

  told(): string {
    const lines = [...this.#counts].sort().map(([kind, times]) => `  ${String(times).padStart(4)} ${kind}`);
    const seconds = ((Date.now() - this.#since) / 1000).toFixed(0);
    return [`seed ${seed}: ${this.#played} scenarios in ${seconds} s`, ...lines].join('\n');
  }

  async #playBatch(indexes: readonly number[]): Promise<string[]> {
    const before = takeManifest();
    const descriptors = descriptorsOfDaemons();
    const left = [...indexes];
    const wrong: string[] = [];
    const work = async (_: unknown, worker: number) => {
      for (let index = left.shift(); index !== undefined && wrong.length < enough; index = left.shift())
        wrong.push(...(await this.#playOne(scenarioOf(seed, index, this.#pool), worker)));
    };
    await Promise.all(Array.from({ length: workers }, work));
    wrong.push(...(await leftOf(before)).map((line) => `after those from ${indexes[0]} on: ${line}`));
    return [...wrong, ...grown(descriptors)];
  }

  async #playOne(scenario: Scenario, worker: number): Promise<string[]> {
    const { fault, index } = scenario;
    const kind = fault.kind === 'op' ? `${fault.kind} ${fault.list} ${fault.how}` : fault.kind;
    const detail = fault.kind === 'signal' ? `${kind} ${fault.signal} to ${fault.to}` : kind;
    this.#counts.set(detail, (this.#counts.get(detail) ?? 0) + 1);
    this.#played += 1;
    const stage = { faultyStart: this.#faultyStart, worker };
    const wrong = await this.#gate.pass(isAlone(scenario), () => play(scenario, stage));
    if (wrong.length === 0) return [];
    const again = `LXC_TS_CHAOS_SEED=${seed} LXC_TS_CHAOS_ONLY=${index}`;
    return [`${again}: ${JSON.stringify(scenario)}`, ...wrong.map((line) => `  ${line}`)];
  }
}

/** A daemon may have come or gone meanwhile; it leaves by itself. The keeper of the view is ours, by whatever words. */
async function leftOf(before: Manifest): Promise<string[]> {
  const left = await settledManifest(before);
  return left.filter((line) => !/processes: .*--(daemon|keeper)/.test(line));
}

function descriptorsOfDaemons(): ReadonlyMap<number, number> {
  return new Map(daemons().map((pid) => [pid, readdirSync(`/proc/${pid}/fd`).length]));
}

function grown(before: ReadonlyMap<number, number>): string[] {
  return [...descriptorsOfDaemons()].flatMap(([pid, now]) => {
    const then = before.get(pid);
    return then === undefined || now <= then + 4
      ? []
      : [`the daemon has ${now} descriptors instead of ${then}`];
  });
}
