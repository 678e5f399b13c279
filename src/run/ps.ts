/** Which container each process of the host belongs to, by the cgroup that its monitor tells. */

import { CommandSocket } from './command-socket.ts';
import { activeNames, definedNames, readListeners } from './directory.ts';
import { cgroupsOf } from './processes.ts';

/** One hierarchy that the monitors know is enough; C LXC does not tell the unified one on a hybrid host. */
const controllers = ['memory', 'freezer', 'pids', 'devices', ''];

interface Home {
  readonly name: string;
  readonly controller: string;
  readonly path: string;
}

export class Residents {
  readonly #homes: readonly Home[];

  constructor(homes: readonly Home[]) {
    this.#homes = homes;
  }

  get names(): readonly string[] {
    return this.#homes.map(({ name }) => name);
  }

  /** `undefined`: a process of the host, or one that has gone. */
  containerOf(pid: number): string | undefined {
    const memberships = cgroupsOf(pid);
    return this.#homes.find(({ controller, path }) =>
      memberships.some((one) => one.controllers.split(',').includes(controller) && isBelow(one.path, path)),
    )?.name;
  }
}

/** Of all containers of the path that run. */
export async function residents(lxcpath: string): Promise<Residents> {
  const names = activeNames(lxcpath, readListeners(), definedNames(lxcpath));
  const homes = await Promise.all(names.map((name) => homeOf(lxcpath, name)));
  return new Residents(homes.flatMap((home) => home ?? []));
}

async function homeOf(lxcpath: string, name: string): Promise<Home | undefined> {
  const socket = new CommandSocket({ lxcpath, name });
  for (const controller of controllers) {
    const told = (await socket.limitCgroup(controller)) ?? (await socket.cgroup(controller));
    const path = `/${(told ?? '').replace(/^\/+|\/+$/g, '')}`;
    if (path !== '/') return { name, controller, path };
  }
  return undefined;
}

function isBelow(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`);
}
