/** Logical volumes, in a thin pool where there is one. */

import { LxcError } from '../../base/error.ts';
import { systemConfig } from '../places.ts';
import type { Session } from '../session.ts';
import type { Site, StorageMaker } from './contract.ts';
import { agrees, makeFileSystem, runTool, usualSize } from './tool.ts';

export const lvm: StorageMaker = {
  isBlock: true,
  async make(site) {
    const { session, options } = site;
    const { group, name } = volumeOf(site);
    const size = `${options.fssize ?? usualSize}b`;
    const pool = options.thinpool ?? systemConfig(session).values['lxc.bdev.lvm.thin_pool'] ?? 'lxc';
    const thin = await agrees(session, ['lvs', '--noheadings', `${group}/${pool}`]);
    const where = thin ? ['-T', `${group}/${pool}`, '-V', size] : ['-L', size, group];
    await volume(
      session,
      ['-y', '-W', 'y', '-n', name, ...where],
      `make the logical volume ${group}/${name}`,
    );
    site.undo.push(async () => void (await remove(session, `${group}/${name}`)));
    await makeFileSystem(session, `/dev/${group}/${name}`, options.fstype);
    return `lvm:/dev/${group}/${name}`;
  },

  async snapshot(site, { id, config }) {
    const { session, options } = site;
    const source = /^\/dev\/([^/]+)\/([^/]+)$/.exec(config.one('lxc.rootfs.path')?.value.path ?? '');
    const [, group, original] = source ?? [];
    if (group === undefined)
      throw new LxcError(`Failed to take a snapshot of ${id.name}: the form is lvm:/dev/GROUP/VOLUME`);
    const name = options.lvname ?? site.id.name;
    // A thin one takes no size, any other needs one for what will differ.
    const size = options.fssize === undefined ? [] : ['-L', `${options.fssize}b`];
    const words = ['-y', '-s', '-k', 'n', '-n', name, ...size, `${group}/${original}`];
    await volume(session, words, `take a snapshot of the logical volume ${group}/${original}`);
    site.undo.push(async () => void (await remove(session, `${group}/${name}`)));
    return `lvm:/dev/${group}/${name}`;
  },
};

export function volumeGroup(session: Session, options: Site['options']): string {
  return options.vgname ?? systemConfig(session).values['lxc.bdev.lvm.vg'] ?? 'lxc';
}

function volumeOf({ session, id, options }: Site) {
  return { group: volumeGroup(session, options), name: options.lvname ?? id.name };
}

function volume(session: Session, words: readonly string[], act: string): Promise<string> {
  return runTool(session, { argv: ['lvcreate', ...words], pack: 'lvm2', act });
}

function remove(session: Session, name: string): Promise<string> {
  return runTool(session, {
    argv: ['lvremove', '-f', name],
    pack: 'lvm2',
    act: `remove the logical volume ${name}`,
  });
}
