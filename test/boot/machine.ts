/** A container with a distribution inside, of our commands or of C LXC's. */

import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { binDir, type Result, type RunOptions, run } from '../system/harness/commands.ts';
import { eventually } from '../system/harness/eventually.ts';
import type { Scope } from '../system/harness/scope.ts';
import { firstId, type Layer } from './trees.ts';

const trees = process.env.LXC_TS_BOOT_TREES ?? '';

/** Why there is nothing to boot. */
export const missing = process.env.LXC_TS_BOOT_MISSING ?? '';

export const aMinute = 60_000;

export interface MachineOptions {
  /** Where the commands are. */
  readonly bin?: string;
  readonly isMapped?: boolean;
  /** Laid over Debian. */
  readonly layer?: Layer;
  readonly config: readonly string[];
}

const maps = [`lxc.idmap = u 0 ${firstId} 65536`, `lxc.idmap = g 0 ${firstId} 65536`];

export class Machine {
  readonly name: string;
  readonly #bin: string;
  readonly #dir: string;

  constructor(scope: Scope, { bin = binDir, isMapped = false, layer, config }: MachineOptions) {
    this.name = scope.name();
    this.#bin = bin;
    this.#dir = join('/var/lib/lxc', this.name);
    const upper = join(this.#dir, 'upper');
    mkdirSync(upper, { recursive: true });
    if (isMapped) for (const path of [this.#dir, upper]) chownSync(path, firstId, firstId);
    const over = layer === undefined ? [] : [join(trees, 'layers', layer)];
    const lower = join(trees, isMapped ? 'mapped' : 'debian');
    const lines = [
      ...config,
      `lxc.rootfs.path = overlay:${[...over, lower, upper].join(':')}`,
      `lxc.uts.name = ${this.name}`,
      'lxc.net.0.type = empty',
      `lxc.console.logfile = ${this.#dir}/console`,
      ...(isMapped ? maps : []),
    ];
    writeFileSync(join(this.#dir, 'config'), `${lines.join('\n')}\n`);
    scope.defer(async () => {
      await this.lxc('stop', ['-k']);
      rmSync(this.#dir, { recursive: true, force: true });
    });
  }

  lxc(verb: string, args: readonly string[] = [], options: RunOptions = {}): Promise<Result> {
    const path = join(this.#bin, `lxc-${verb}`);
    return run(path, ['-n', this.name, ...args], { timeoutMs: 2 * aMinute, ...options });
  }

  async start(): Promise<void> {
    const started = await this.lxc('start', ['-d']);
    if (started.status !== 0) throw new Error(`lxc-start ended with ${started.status}\n${started.stderr}`);
  }

  /** What the command printed, whatever its status. */
  async attach(...argv: string[]): Promise<string> {
    return (await this.lxc('attach', ['--clear-env', '--', ...argv])).stdout;
  }

  /** 0 while there is none. */
  async initPid(): Promise<number> {
    return Number((await this.lxc('info', ['-p', '-H'])).stdout);
  }

  async state(): Promise<string> {
    return (await this.lxc('info', ['-s', '-H'])).stdout.trim();
  }

  /** Everything that was written to the console so far. */
  console(): string {
    const file = join(this.#dir, 'console');
    return existsSync(file) ? stripVTControlCharacters(readFileSync(file, 'utf8')) : '';
  }

  /** Waits until systemd answers, and is another one than `before`; then until it has started everything. */
  async booted(before = 0): Promise<string> {
    const up = async () => {
      const pid = await this.initPid();
      return pid > 0 && pid !== before && existsSync(`/proc/${pid}/root/run/systemd/private`);
    };
    await eventually(up, `systemd of ${this.name} answers; its console:\n${this.console()}`, aMinute);
    return (await this.attach('systemctl', 'is-system-running', '--wait')).trim();
  }
}
