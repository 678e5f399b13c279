/** How many containers this machine lets run at once. */

import { readdirSync, readFileSync } from 'node:fs';

/** What is free of each thing that containers need. */
export interface Limits {
  readonly memoryMb: number;
  readonly pids: number;
  readonly ptys: number;
  readonly namespaces: number;
}

/** Each container's part: init, monitor and a margin; its console and one terminal; two sides come one after the other. */
const needs: Readonly<Limits> = { memoryMb: 2, pids: 3, ptys: 2, namespaces: 1 };
const reserve: Readonly<Limits> = { memoryMb: 1024, pids: 500, ptys: 50, namespaces: 100 };
const words: Readonly<Record<keyof Limits, string>> = {
  memoryMb: 'MB of memory (MemAvailable)',
  pids: 'process ids (kernel.pid_max, pids.max)',
  ptys: 'ptys (kernel.pty.max less kernel.pty.reserve)',
  namespaces: 'namespaces (user.max_*_namespaces)',
};
const kinds = ['memoryMb', 'pids', 'ptys', 'namespaces'] as const;

/** Why so many containers cannot run. */
export function reasonAgainst(containers: number, limits: Limits): string | undefined {
  for (const kind of kinds) {
    const needed = containers * needs[kind] + reserve[kind];
    if (needed > limits[kind])
      return `${containers} containers need ${needed} ${words[kind]}; there are ${Math.floor(limits[kind])}`;
  }
  return undefined;
}

export function limitsOfHost(): Limits {
  const available = /^MemAvailable:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  const running = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length;
  const kernel = (name: string) => numberIn(`/proc/sys/kernel/${name}`);
  return {
    memoryMb: Number(available) / 1024,
    pids: Math.min(kernel('pid_max'), kernel('threads-max')) - running,
    ptys: kernel('pty/max') - kernel('pty/reserve') - kernel('pty/nr'),
    namespaces: Math.min(
      ...['mnt', 'net', 'pid', 'ipc', 'uts', 'cgroup'].map((kind) =>
        numberIn(`/proc/sys/user/max_${kind}_namespaces`),
      ),
    ),
  };
}

function numberIn(file: string): number {
  return Number(readFileSync(file, 'utf8'));
}
