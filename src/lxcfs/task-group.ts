/** The cgroup whose tasks are those of the subject: on v1 not every hierarchy need tell containers apart. */

import type { Group, Inquiry } from './inquiry.ts';

const controllers = ['cpu', 'pids', 'memory', 'freezer', ''];

/** `undefined` where it stands in the root of each: its tasks cannot be told from those of the host. */
export function taskGroup(inquiry: Inquiry): Group | undefined {
  const groups = controllers.map((controller) => inquiry.group(controller));
  return groups.find((group) => group !== undefined && group.path !== '/');
}
