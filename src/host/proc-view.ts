/**
 * Where the proc view is mounted. Told from the list of mounts alone: a mount whose server is dead or blocked must not
 * be touched by the daemon. The container's child touches it, and goes on without it.
 */

import type { ViewMount } from '../plan/facts.ts';
import { withoutEscapes } from './mountinfo.ts';

/** Where LXCFS is, and ours unless told otherwise. */
const usual = '/var/lib/lxcfs';

/** What ours says as the source of its mount. LXCFS says `lxcfs`; the type is the same. */
const ownSource = 'lxc-ts';

/** Ours wins over LXCFS, a later mount over an earlier one. */
export function findView(mountinfo: string): ViewMount | undefined {
  if (!mountinfo.includes(' fuse.lxcfs ')) return undefined;
  // A later mount on the same directory hides an earlier one.
  const visible = new Map(mountinfo.split('\n').map((line) => [pointOf(line), line]));
  const views = [...visible].flatMap(([at, line]) => viewOf(at, line)).reverse();
  return views.find(({ own }) => own) ?? views.find(({ at }) => at === usual);
}

/** Lines `ID PARENT DEV ROOT MOUNTPOINT OPTIONS... - TYPE SOURCE SUPEROPTIONS`. */
function pointOf(line: string): string {
  return line.split(' ', 5)[4] ?? '';
}

/**
 * The whole of it, or its proc and sys in a directory: so it is handed to a container that has containers of its own,
 * which the server knows by no name. Single files that are bound into a container are no place to bind from.
 */
function viewOf(point: string, line: string): ViewMount[] {
  const [fields = '', tail = ''] = line.split(' - ');
  const [type, source] = tail.split(' ');
  if (type !== 'fuse.lxcfs') return [];
  const own = source === ownSource;
  const [, , , root] = fields.split(' ');
  if (root === '/') return [{ at: withoutEscapes(point), own, byName: own }];
  const handed = root === '/proc' && /.\/proc$/.test(point);
  return handed ? [{ at: withoutEscapes(point.slice(0, -'/proc'.length)), own, byName: false }] : [];
}
