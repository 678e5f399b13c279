/** From /proc/PID/cgroup to directories: where a subject stands in each hierarchy of the host. */

import { type CgroupLayout, hierarchyOf } from '../cgroup/layout.ts';
import { type Group, levelsOf } from './inquiry.ts';

export type Groups = (controller: string) => Group | undefined;

/** Looked up once per controller: a reader asks for the same ones again and again. */
export function groupsOf(layout: CgroupLayout, cgroups: string): Groups {
  const known = new Map<string, Group | undefined>();
  return (controller) => {
    if (!known.has(controller)) known.set(controller, find(layout, cgroups, controller));
    return known.get(controller);
  };
}

function find(layout: CgroupLayout, cgroups: string, controller: string): Group | undefined {
  const hierarchy =
    controller === ''
      ? layout.hierarchies.find(({ version }) => version === 2)
      : hierarchyOf(layout, controller);
  if (hierarchy === undefined) return undefined;
  const { controllers, version, mount } = hierarchy;
  const found = cgroups.split('\n').find((line) => line.split(':')[1] === controllers);
  if (found === undefined) return undefined;
  const path = withoutInit(found.split(':').slice(2).join(':'));
  return { version, mount, path, levels: levelsOf(mount, path) };
}

/** systemd as init of a container moves itself one level down; its container is the level above. */
function withoutInit(path: string): string {
  return path.replace(/\/init\.scope$/, '') || '/';
}
