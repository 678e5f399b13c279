/** What one test makes, removed at its end in reverse order whether the test passed or not. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './commands.ts';
import { Container, type ContainerOptions } from './container.ts';
import { digits, runPrefix } from './run-prefix.ts';

let count = 0;

export class Scope {
  readonly #undo: (() => Promise<void> | void)[] = [];

  /** A name that no other test, run or user has. */
  name(): string {
    count += 1;
    return `${runPrefix}-${digits(process.pid)}-${count}`;
  }

  /** A container with a config and a root file system; stopped and removed at the end. */
  container(options: ContainerOptions = {}): Container {
    const container = new Container(options.name ?? this.name(), options);
    this.defer(() => container.remove());
    return container;
  }

  /** A bridge in the run's own network namespace, up, with `address` if given. */
  async bridge(name: string, address?: string): Promise<void> {
    await ip(['link', 'add', name, 'type', 'bridge']);
    this.defer(() => ip(['link', 'delete', name]));
    await ip(['link', 'set', name, 'up']);
    if (address !== undefined) await ip(['address', 'add', address, 'dev', name]);
  }

  /** An interface that others can stand on, up: one end of a pair. */
  async link(name: string): Promise<void> {
    await ip(['link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}p`]);
    this.defer(() => ip(['link', 'delete', name]));
    await ip(['link', 'set', name, 'up']);
  }

  /** A file (its directory too) that goes at the end. */
  file(path: string, text: string, mode = 0o644): string {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode });
    this.defer(() => rmSync(path, { force: true }));
    return path;
  }

  /** An empty directory that goes at the end with all that is in it. */
  directory(): string {
    const path = join('/var/lib/lxc', `.${this.name()}`);
    mkdirSync(path, { recursive: true });
    this.defer(() => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  defer(undo: () => Promise<void> | void): void {
    this.#undo.push(undo);
  }

  async cleanUp(): Promise<void> {
    for (const undo of this.#undo.reverse()) await undo();
  }
}

async function ip(args: readonly string[]): Promise<void> {
  const done = await run('ip', args);
  if (done.status !== 0) throw new Error(`Failed to run ip ${args.join(' ')}: ${done.stderr}`);
}
