/** lxc-snapshot: take, list, restore and destroy snapshots of a container. */

import { readFileSync } from 'node:fs';
import { reason } from '../../base/errno.ts';
import { LxcError } from '../../base/error.ts';
import type { Session } from '../../run/session.ts';
import {
  destroySnapshot,
  listSnapshots,
  restoreSnapshot,
  type Snapshot,
  takeSnapshot,
} from '../../run/snapshot.ts';
import { type Command, type Invocation, rcfile } from '../command.ts';
import { format, jsonText } from '../format.ts';
import { flag, parsed, text } from '../option.ts';
import { containerName } from '../storage-options.ts';

const options = {
  list: flag({ short: 'L', long: 'list', help: 'List the snapshots' }),
  showcomments: flag({ short: 'C', long: 'showcomments', help: 'With their comments' }),
  comment: text({
    short: 'c',
    long: 'comment',
    metavar: 'FILE',
    help: 'Keep the text of FILE with the snapshot',
  }),
  restore: text({
    short: 'r',
    long: 'restore',
    metavar: 'SNAPSHOT',
    help: 'Restore SNAPSHOT, such as snap0',
  }),
  newname: parsed(
    { short: 'N', long: 'newname', metavar: 'NAME', help: 'Restore it as a container of its own' },
    containerName,
  ),
  destroy: text({ short: 'd', long: 'destroy', metavar: 'SNAPSHOT', help: 'Destroy SNAPSHOT, or ALL' }),
  format,
  rcfile,
} as const;

export const snapshot: Command = {
  name: 'lxc-snapshot',
  summary: 'Take, list, restore or destroy snapshots of a container',
  named: true,
  options: Object.values(options),
  async run(invocation, session) {
    const id = { lxcpath: invocation.lxcpath, name: invocation.name };
    const { log } = invocation;
    const restored = invocation.get(options.restore);
    const destroyed = invocation.get(options.destroy);
    if (invocation.get(options.list)) session.out(listText(listSnapshots(id), invocation));
    else if (restored !== undefined)
      await restoreSnapshot(
        session,
        id,
        { snapshot: restored, newName: invocation.get(options.newname) },
        log,
      );
    else if (destroyed !== undefined) await destroySnapshot(session, id, destroyed, log);
    else await takeSnapshot(session, id, commentOf(invocation, session), log);
    return 0;
  },
};

function commentOf(invocation: Invocation, session: Session): string | undefined {
  const file = invocation.get(options.comment);
  if (file === undefined) return undefined;
  try {
    return readFileSync(session.resolve(file), 'utf8');
  } catch (error) {
    throw new LxcError(`Failed to read the comment ${file}: ${reason(error)}`, { cause: error });
  }
}

function listText(snapshots: readonly Snapshot[], invocation: Invocation): string {
  if (invocation.get(options.format) === 'json') return jsonText(snapshots);
  if (snapshots.length === 0) return 'No snapshots\n';
  const comments = invocation.get(options.showcomments);
  return snapshots.map((one) => `${line(one)}${comments ? whole(one.comment ?? '') : ''}`).join('');
}

function line({ name, path, time }: Snapshot): string {
  return `${name} (${path}) ${time}\n`;
}

function whole(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
