/** Commands of an ordinary user: his home, his cgroups, and what he runs. */

import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { binDir, type Result, type RunOptions, run } from './commands.ts';
import { eventually } from './eventually.ts';
import { copyRootfs } from './rootfs.ts';
import { runPrefix } from './run-prefix.ts';
import type { Scope } from './scope.ts';
import { hierarchies } from './world.ts';

/** He is in passwd and has 65536 subordinate ids from 400000 on in the world of the tests. */
export const ordinaryUser = { name: 'ordinary', id: 23456, first: 400_000 } as const;

const { name, id } = ordinaryUser;
export const passwdLine = `${name}:x:${id}:${id}::/nonexistent:/bin/sh`;

export class User {
  readonly home: string;
  readonly lxcpath: string;
  /** Cgroups that are his; none until {@link delegate}. */
  readonly #cgroups: string[] = [];

  constructor(scope: Scope) {
    this.home = scope.directory();
    this.lxcpath = join(this.home, '.local/share/lxc');
    for (const part of ['.', '.local', '.local/share', '.local/share/lxc', 'run']) this.#own(part);
  }

  #own(part: string): void {
    const path = join(this.home, part);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chownSync(path, id, id);
  }

  /** A container of his: the base configuration with ids, and a root file system that belongs to them. */
  async container(container: string, lines: readonly string[] = []): Promise<string> {
    this.#own(`.local/share/lxc/${container}`);
    const dir = join(this.lxcpath, container);
    const rootfs = join(dir, 'rootfs');
    if (!existsSync(rootfs)) copyRootfs(rootfs);
    await run('find', [
      rootfs,
      '!',
      '-type',
      'f',
      '-exec',
      'chown',
      '-h',
      `${ordinaryUser.first}:${ordinaryUser.first}`,
      '{}',
      '+',
    ]);
    const text = [
      `lxc.rootfs.path = dir:${rootfs}`,
      'lxc.init.cmd = /bin/sleep 1000',
      'lxc.mount.auto = proc',
      ...lines,
    ];
    writeFileSync(join(dir, 'config'), `${text.join('\n')}\n`);
    return rootfs;
  }

  /** A cgroup of his own in every hierarchy, in which his commands run from now on. */
  delegate(scope: Scope): void {
    for (const top of hierarchies()) {
      const dir = join(top, `${runPrefix}-delegated`);
      mkdirSync(dir);
      this.#cgroups.push(dir);
      if (readdirSync(dir).includes('cpuset.cpus')) {
        for (const file of ['cpuset.cpus', 'cpuset.mems'])
          writeFileSync(join(dir, file), readFileSync(join(top, file)));
        writeFileSync(join(dir, 'cgroup.clone_children'), '1');
      }
      for (const path of [
        dir,
        ...['tasks', 'cgroup.procs', 'cgroup.subtree_control'].map((file) => join(dir, file)),
      ])
        if (path === dir || readdirSync(dir).includes(path.slice(dir.length + 1))) chownSync(path, id, id);
      // Who has just ended leaves his cgroups a moment later.
      scope.defer(() => eventually(() => isRemoved(dir), `${dir} can be removed`));
    }
  }

  lxc(verb: string, args: readonly string[], options: RunOptions = {}): Promise<Result> {
    return this.run([join(binDir, `lxc-${verb}`), ...args], options);
  }

  run(argv: readonly string[], options: RunOptions = {}): Promise<Result> {
    const enter = this.#cgroups.map((dir) => `echo $$ > ${dir}/cgroup.procs`).join('; ');
    const script = `${enter === '' ? ':' : enter}; exec "$@"`;
    return run('/bin/sh', ['-c', script, 'sh', ...this.command(argv)], { cwd: '/', ...options });
  }

  /** What makes root's command his, but for his cgroups. */
  command(argv: readonly string[]): string[] {
    const env = [
      `HOME=${this.home}`,
      `XDG_RUNTIME_DIR=${this.home}/run`,
      `PATH=${binDir}:/usr/bin:/bin`,
      'TERM=xterm',
      'LXC_TS_DAEMON=0',
    ];
    const ids = ['--reuid', String(id), '--regid', String(id), '--clear-groups'];
    return ['setpriv', ...ids, 'env', '-i', ...env, ...argv];
  }
}

function isRemoved(dir: string): boolean {
  try {
    removeCgroup(dir);
    return true;
  } catch {
    return false;
  }
}

function removeCgroup(dir: string): void {
  for (const entry of readdirSync(dir, { withFileTypes: true }))
    if (entry.isDirectory()) removeCgroup(join(dir, entry.name));
  rmdirSync(dir);
}
