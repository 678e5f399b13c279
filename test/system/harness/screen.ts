/** A terminal that nobody sits at: commands run in it, keys are typed, and the screen is read as text. tmux does it. */

import { join } from 'node:path';
import { expect } from 'vitest';
import { type Result, run } from './commands.ts';
import { eventually } from './eventually.ts';
import type { Scope } from './scope.ts';

const columns = 100;
const rows = 24;
/** The command, and then what it left: its status and whether the terminal echoes as before. */
const script = 'clear; "$@"; echo "ended with $?"; stty -a | grep -o -w -e "-*icanon" -e "-*echo"; exec cat';

export interface ScreenOptions {
  readonly env?: Readonly<Record<string, string>>;
}

export class Screen {
  readonly #socket: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(scope: Scope, { env = {} }: ScreenOptions = {}) {
    this.#socket = join(scope.directory(), 'tmux');
    this.#env = env;
    scope.defer(async () => {
      await this.#tmux('kill-server');
    });
  }

  /** Runs a command on a new screen. */
  async open(argv: readonly string[]): Promise<void> {
    const size = ['-x', String(columns), '-y', String(rows)];
    const shell = ['sh', '-c', script, 'sh', ...argv];
    const made = await this.#tmux('-f', '/dev/null', 'new-session', '-d', ...size, '--', ...shell);
    expect(made).toMatchObject({ stderr: '', status: 0 });
  }

  /** What is on the screen, without blanks at its right; a line that was too long is one line. */
  async text(): Promise<string> {
    const { stdout } = await this.#tmux('capture-pane', '-p', '-J');
    return stdout.replace(/ +$/gm, '');
  }

  /** As tmux names them: `C-a`, `Enter`, `q`. */
  async type(...keys: readonly string[]): Promise<void> {
    await this.#tmux('send-keys', ...keys);
  }

  async resize(to: { columns: number; rows: number }): Promise<void> {
    await this.#tmux('resize-window', '-x', String(to.columns), '-y', String(to.rows));
  }

  /** Waits until the screen fits, and answers it. */
  async shows(pattern: RegExp | string): Promise<string> {
    let seen = '';
    const fits = async () => {
      seen = await this.text();
      return typeof pattern === 'string' ? seen.includes(pattern) : pattern.test(seen);
    };
    await eventually(fits, `the screen shows ${pattern}`).catch((error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : ''}, but:\n${seen}`);
    });
    return seen;
  }

  /** Waits for the command's end: its status, and a terminal that is as it was. */
  ended(status: number): Promise<string> {
    return this.shows(new RegExp(`ended with ${status}\nicanon\necho\n`));
  }

  #tmux(...args: readonly string[]): Promise<Result> {
    return run('tmux', ['-S', this.#socket, ...args], { env: this.#env });
  }
}
