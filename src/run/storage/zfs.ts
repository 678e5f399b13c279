/** Datasets of ZFS, below a parent for containers. */

import { LxcError } from '../../base/error.ts';
import { systemConfig } from '../places.ts';
import type { Session } from '../session.ts';
import { homeOf, type Site, type StorageMaker } from './contract.ts';
import { runTool } from './tool.ts';

export const zfs: StorageMaker = {
  async make(site) {
    const dataset = datasetOf(site);
    await run(site.session, ['create', ...mountPoint(site), dataset], `make the dataset ${dataset}`);
    forget(site, dataset);
    return `zfs:${dataset}`;
  },

  async snapshot(site, { id, config }) {
    const source = config.one('lxc.rootfs.path')?.value.path;
    if (source === undefined || source.startsWith('/'))
      throw new LxcError(`Failed to take a snapshot of ${id.name}: the form is zfs:POOL/DATASET`);
    const [dataset, name] = [datasetOf(site), `${source}@${site.id.name}`];
    await run(site.session, ['snapshot', name], `take the snapshot ${name}`);
    forget(site, name);
    await run(site.session, ['clone', ...mountPoint(site), name, dataset], `make the dataset ${dataset}`);
    forget(site, dataset);
    return `zfs:${dataset}`;
  },
};

export function parentDataset(session: Session, options: Site['options']): string {
  return options.zfsroot ?? systemConfig(session).values['lxc.bdev.zfs.root'] ?? 'lxc';
}

function datasetOf({ session, id, options }: Site): string {
  return `${parentDataset(session, options)}/${id.name}`;
}

function mountPoint({ id }: Site): readonly string[] {
  return ['-o', `mountpoint=${homeOf(id)}/rootfs`];
}

function forget({ session, undo }: Site, name: string): void {
  undo.push(async () => void (await run(session, ['destroy', '-r', name], `remove ${name}`)));
}

function run(session: Session, words: readonly string[], act: string): Promise<string> {
  return runTool(session, { argv: ['zfs', ...words], pack: 'zfsutils-linux', act });
}
