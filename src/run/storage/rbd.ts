/** Images of Ceph. */

import { systemConfig } from '../places.ts';
import type { Session } from '../session.ts';
import type { StorageMaker } from './contract.ts';
import { makeFileSystem, runTool, usualSize } from './tool.ts';

const mebibyte = 1024 ** 2;

export const rbd: StorageMaker = {
  isBlock: true,
  async make({ session, id, options, undo }) {
    const pool = options.rbdpool ?? systemConfig(session).values['lxc.bdev.rbd.rbdpool'] ?? 'lxc';
    const image = `${pool}/${options.rbdname ?? id.name}`;
    const size = Math.ceil((options.fssize ?? usualSize) / mebibyte);
    await run(session, ['create', '--size', `${size}`, image], `make the image ${image}`);
    undo.push(async () => void (await run(session, ['rm', image], `remove the image ${image}`)));
    await run(session, ['map', image], `map the image ${image}`);
    undo.push(async () => void (await run(session, ['unmap', `/dev/rbd/${image}`], `unmap ${image}`)));
    await makeFileSystem(session, `/dev/rbd/${image}`, options.fstype);
    return `rbd:/dev/rbd/${image}`;
  },
};

function run(session: Session, words: readonly string[], act: string): Promise<string> {
  return runTool(session, { argv: ['rbd', ...words], pack: 'ceph-common', act });
}
