/** What scenarios may leave on the host: the world of the system tests, and places that only a start with faults would litter. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runPrefix } from '../harness/run-prefix.ts';
import { difference, snapshot, type World } from '../harness/world.ts';

export interface Manifest {
  readonly world: World;
  readonly more: readonly string[];
}

export function takeManifest(): Manifest {
  const world = snapshot();
  // The numbers that the proc view gave to names stay as long as it does.
  const files = world.files.filter((path) => !/\/lxcfs-[^/]*\/names$/.test(path));
  return {
    world: { ...world, files },
    more: [...temporaries(), ...sockets(), ...loops(), ...lxcpath()].sort(),
  };
}

export function manifestDifference(before: Manifest, after: Manifest): string[] {
  return [
    ...difference(before.world, after.world),
    ...after.more.filter((line) => !before.more.includes(line)).map((line) => `+ ${line}`),
    ...before.more.filter((line) => !after.more.includes(line)).map((line) => `- ${line}`),
  ];
}

/** What still differs when the kernel and leaving processes had time. */
export async function settledManifest(before: Manifest, turns = 200): Promise<string[]> {
  for (let turn = 0; ; turn += 1) {
    const lines = manifestDifference(before, takeManifest());
    if (lines.length === 0 || turn >= turns) return lines;
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

/** Lines about one container alone, cheap enough for each of a thousand. */
export function tracesOf(name: string): string[] {
  const world = snapshot();
  const { cgroups, mounts, processes, files } = world;
  return [...cgroups, ...mounts, ...processes, ...files, ...sockets(), ...loops()].filter((line) =>
    line.split(/[^\w-]/).some((part) => part === name || part.endsWith(`.${name}`)),
  );
}

export async function settledTraces(name: string, turns = 200): Promise<string[]> {
  for (let turn = 0; ; turn += 1) {
    const lines = tracesOf(name);
    if (lines.length === 0 || turn >= turns) return lines;
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

function temporaries(): string[] {
  return ['/dev/shm', '/tmp'].flatMap((dir) =>
    readdirSync(dir)
      .filter((name) => name.includes(runPrefix))
      .map((name) => `temporary: ${join(dir, name)}`),
  );
}

/** Abstract ones, of this network namespace. */
function sockets(): string[] {
  return readFileSync('/proc/self/net/unix', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const name = line.slice(line.indexOf(' @') + 1);
      return line.includes(' @') && name.includes(runPrefix) ? [`socket: ${name}`] : [];
    });
}

function loops(): string[] {
  return readdirSync('/sys/block')
    .filter((name) => name.startsWith('loop'))
    .flatMap((name) => {
      const file = readOrNothing(`/sys/block/${name}/loop/backing_file`).trim();
      return file.includes(runPrefix) || file.includes('/var/lib/lxc') ? [`loop device: ${file}`] : [];
    });
}

function lxcpath(): string[] {
  return readdirSync('/var/lib/lxc').map((name) => `container: ${name}`);
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
