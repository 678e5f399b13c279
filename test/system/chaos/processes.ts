/** The processes of one container, found by its name while it starts. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Processes {
  /** The command's fork, later the monitor. */
  readonly runner: number | undefined;
  /** What the runner bore: init, or what is to become it. */
  readonly child: number | undefined;
}

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly line: string;
}

/** `command` is the pid of the lxc-start that was called. */
export function processesOf(name: string, command: number): Processes {
  const rows = readdirSync('/proc').flatMap((pid) => (/^\d+$/.test(pid) ? readRow(pid) : []));
  const ours = rows.filter(({ line }) => line.split(/[\0 /]/).includes(name) && !line.includes('lxc.cjs'));
  const runner =
    ours.find(({ pid, line }) => pid !== command && /lxc-start|\[lxc monitor\]/.test(line) && isOutside(pid))
      ?.pid ?? command;
  const child = rows.find(({ parent, pid }) => parent === runner && pid !== runner)?.pid;
  return { runner: runner === command && child === undefined ? undefined : runner, child };
}

/** In our pid namespace, unlike a child that has not yet become init. */
function isOutside(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`) === readlinkSync('/proc/self/ns/pid');
  } catch {
    return false;
  }
}

function readRow(pid: string): Row[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return [{ pid: Number(pid), parent, line: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }];
  } catch {
    return [];
  }
}
