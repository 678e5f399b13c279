/**
 * A command with what there is before it and what it changes, run by ours and by C LXC: each gets a container of its
 * own that its own tools have brought into that state. Cases are data; those of every tool are in ../cases.
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { printed } from './chance.ts';
import { binDir, type Result, run } from './commands.ts';
import type { Container } from './container.ts';
import { removeCgroups } from './remove-cgroups.ts';
import { Scope } from './scope.ts';

/** What every tool is asked for. */
export type CaseName = 'success' | 'not running' | 'unknown name' | 'bad option' | 'no privilege';

/** By tool, without `lxc-`; further cases by what they are. */
export type Cases = Readonly<
  Record<
    string,
    Readonly<Record<CaseName, Case | Senseless>> & { readonly more?: Readonly<Record<string, Case>> }
  >
>;

/** There is no such case for the tool, for this reason. */
export interface Senseless {
  readonly senseless: string;
}

export interface Case {
  /** NAME, NEW and DIR stand for the container, a name to give, and a directory. */
  readonly args: readonly string[];
  /** What there is of NAME. */
  readonly before: 'nothing' | 'stopped' | 'running' | 'frozen';
  /** Lines of its configuration. */
  readonly config?: readonly string[];
  /** Before it runs. */
  readonly prepare?: (play: Play) => Promise<void> | undefined;
  /** How the command is run, where it needs more than its arguments. */
  readonly by?: (play: Play, argv: readonly string[]) => Promise<Result>;
  /** A look at what it has changed, and what both must have there. */
  readonly effect?: readonly [(play: Play) => Promise<string> | string, string];
  /** Output that names the one that printed it. */
  readonly own?: RegExp;
  /** The status of a success that is not 0. */
  readonly status?: number;
  /** Why C LXC may speak though it succeeds. */
  readonly noise?: string;
  readonly differs?: Difference;
}

export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: 'silent' | 'speaks';
  readonly effect?: string;
}

/** Both answers where they are not the same. */
export interface Difference {
  readonly ours: Partial<Answer>;
  readonly theirs: Partial<Answer>;
  /** A page of docs/decisions that speaks of the tool. */
  readonly decision: string;
}

/** One side of a case: the names that stand for NAME and NEW there, and its tools. */
export class Play {
  readonly scope = new Scope();
  readonly bin: string;
  readonly name: string;
  readonly newName: string;
  readonly dir: string;
  readonly #config: readonly string[];
  #container: Container | undefined;

  constructor(bin: string, name: string, config: readonly string[] = []) {
    this.bin = bin;
    // Of the same length on both sides, as columns go by it.
    this.name = `${name}${bin === binDir ? 'o' : 'c'}1`;
    this.newName = `${this.name.slice(0, -1)}2`;
    this.dir = this.scope.directory();
    this.#config = config;
    this.scope.defer(() => this.#removeMonitors());
    this.scope.defer(() => this.#removeNew());
  }

  /** NAME. */
  get container(): Container {
    if (this.#container === undefined) throw new Error('The case has nothing of NAME');
    return this.#container;
  }

  make(): void {
    this.#container = this.scope.container({ name: this.name, config: this.filled(this.#config) });
  }

  lxc(verb: string, ...args: readonly string[]): Promise<Result> {
    return run(join(this.bin, `lxc-${verb}`), this.filled(args));
  }

  /** For what a case needs before it: it must succeed. */
  async must(verb: string, ...args: readonly string[]): Promise<void> {
    const { status, stderr } = await this.lxc(verb, ...args);
    if (status !== 0) throw new Error(`${this.bin}/lxc-${verb} ${args.join(' ')} failed: ${stderr}`);
  }

  filled(words: readonly string[]): string[] {
    const values: Readonly<Record<string, string>> = { NAME: this.name, NEW: this.newName, DIR: this.dir };
    return words.map((word) =>
      word.replaceAll(/\b(?:NAME|NEW|DIR)\b/g, (placeholder) => values[placeholder] ?? ''),
    );
  }

  /** The other way round, in what was printed. */
  plain(text: string): string {
    return text
      .replaceAll(/\/var\/lib\/lxc\/\.[-\w]+/g, 'DIR')
      .replaceAll(this.newName, 'NEW')
      .replaceAll(this.name, 'NAME');
  }

  /** A monitor of C LXC whose container ended by itself may leave its cgroups. */
  async #removeMonitors(): Promise<void> {
    if (this.bin === binDir) return;
    for (const name of [this.name, this.newName]) await removeCgroups(`lxc.monitor.${name}`);
  }

  async #removeNew(): Promise<void> {
    await run(join(binDir, 'lxc-destroy'), ['-n', this.newName, '-f', '-s']);
    rmSync(join('/var/lib/lxc', this.newName), { recursive: true, force: true });
  }
}

/** What the tools in `bin` answer. */
export async function answerOf(tool: string, one: Case, bin: string, name: string): Promise<Answer> {
  const play = new Play(bin, name, one.config);
  try {
    await prepare(play, one);
    const argv = [join(bin, `lxc-${tool}`), ...play.filled(one.args)];
    const { status, stdout, stderr } = await (one.by?.(play, argv) ?? run(argv[0] ?? '', argv.slice(1)));
    const text = printed(`lxc-${tool} ${one.args.join(' ')}`, play.plain(stdout));
    const kept = one.own === undefined ? text : text.replaceAll(one.own, '');
    const answer: Answer = { status, stdout: kept, stderr: stderr === '' ? 'silent' : 'speaks' };
    return one.effect === undefined ? answer : { ...answer, effect: play.plain(await one.effect[0](play)) };
  } finally {
    await play.scope.cleanUp();
  }
}

async function prepare(play: Play, { before, prepare }: Case): Promise<void> {
  if (before !== 'nothing') play.make();
  await prepare?.(play);
  if (before === 'running' || before === 'frozen') await play.must('start', '-n', 'NAME');
  if (before === 'frozen') await play.must('freeze', '-n', 'NAME');
}
