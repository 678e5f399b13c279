/** lxc-create: make a container by a template. */

import { isAbsolute } from 'node:path';
import { LxcError } from '../../base/error.ts';
import { createContainer } from '../../run/create.ts';
import { isDefined } from '../../run/directory.ts';
import type { Session } from '../../run/session.ts';
import { isMade, type MadeType, makerOf } from '../../run/storage/index.ts';
import { findTemplate, isNoTemplate } from '../../run/template.ts';
import type { Command, Invocation } from '../command.ts';
import { parsed, text } from '../option.ts';
import { sizeInBytes, storageType } from '../storage-options.ts';

const options = {
  template: text({
    short: 't',
    long: 'template',
    metavar: 'TEMPLATE',
    help: 'Template that fills the container, or none',
  }),
  config: text({ short: 'f', long: 'config', metavar: 'FILE', help: 'Configuration to begin with' }),
  bdev: text({
    short: 'B',
    long: 'bdev',
    metavar: 'TYPE',
    help: 'Storage of the root file system: dir, overlay, loop, btrfs, lvm, zfs, rbd, or best',
  }),
  dir: text({ long: 'dir', metavar: 'DIR', help: 'Put the root file system into DIR' }),
  lvname: text({ long: 'lvname', metavar: 'NAME', help: 'Logical volume, with -B lvm' }),
  vgname: text({ long: 'vgname', metavar: 'NAME', help: 'Volume group, with -B lvm' }),
  thinpool: text({ long: 'thinpool', metavar: 'NAME', help: 'Thin pool, with -B lvm' }),
  rbdname: text({ long: 'rbdname', metavar: 'NAME', help: 'Image, with -B rbd' }),
  rbdpool: text({ long: 'rbdpool', metavar: 'NAME', help: 'Pool, with -B rbd' }),
  zfsroot: text({ long: 'zfsroot', metavar: 'PATH', help: 'Parent file system, with -B zfs' }),
  fstype: text({ long: 'fstype', metavar: 'TYPE', help: 'File system, with block devices' }),
  fssize: parsed(
    { long: 'fssize', metavar: 'SIZE', help: 'Size, with block devices and images; in M without a unit' },
    sizeInBytes,
  ),
} as const;

export const create: Command = {
  name: 'lxc-create',
  summary: 'Create a container',
  operands: '[-- TEMPLATE-OPTION...]',
  named: true,
  options: Object.values(options),
  beforeHelp: templateHelp,
  async run(invocation, session) {
    const template = needTemplate(invocation);
    const storage = checkStorage(invocation);
    if (isDefined(invocation)) throw new LxcError('Container already exists', { hint: 'take another name' });
    try {
      await createContainer(session, invocation, {
        template: isNoTemplate(template) ? undefined : template,
        parameters: invocation.operands,
        configFile: invocation.get(options.config),
        rootfs: invocation.get(options.dir),
        storage,
        options: storageOptions(invocation),
        quiet: invocation.quiet,
      });
    } catch (error) {
      throw failed(invocation, error);
    }
    return 0;
  },
};

function needTemplate(invocation: Invocation): string {
  const template = invocation.get(options.template);
  if (template !== undefined && template !== '') return template;
  throw new LxcError('A template must be specified', {
    hint: 'use "none" if you really want a container without a rootfs',
  });
}

function checkStorage(invocation: Invocation): MadeType | 'best' {
  const dir = invocation.get(options.dir);
  if (dir !== undefined && !isAbsolute(dir)) throw new LxcError('--dir should use absolute path');
  const type = typeOf(invocation.get(options.bdev) ?? 'dir');
  const sized = [options.fstype, options.fssize].some(
    (option) => invocation.get<unknown>(option) !== undefined,
  );
  if (sized && type !== 'best' && makerOf(type).isBlock !== true)
    throw new LxcError('Filesystem type and size are only valid with block devices');
  return type;
}

function typeOf(given: string): MadeType | 'best' {
  if (given === 'best') return given;
  const type = storageType(given === '_unset' ? 'dir' : given);
  if (type === 'overlayfs') return 'overlay';
  if (isMade(type)) return type;
  throw new LxcError(`Failed to create storage of type ${type}: lxc-create makes none`, {
    hint: 'make the image with qemu-img, and a container on it with -t none',
  });
}

function storageOptions(invocation: Invocation) {
  return {
    fstype: invocation.get(options.fstype),
    fssize: invocation.get(options.fssize),
    lvname: invocation.get(options.lvname),
    vgname: invocation.get(options.vgname),
    thinpool: invocation.get(options.thinpool),
    zfsroot: invocation.get(options.zfsroot),
    rbdname: invocation.get(options.rbdname),
    rbdpool: invocation.get(options.rbdpool),
  };
}

function failed({ name }: Invocation, error: unknown): unknown {
  if (!(error instanceof LxcError)) return error;
  return new LxcError(`Failed to create container ${name}: ${error.message}`, { ...error, cause: error });
}

/** `-t TEMPLATE -h` shows the template's help above the command's. */
async function templateHelp(invocation: Invocation, session: Session): Promise<number> {
  const template = invocation.get(options.template);
  if (template !== undefined && !isNoTemplate(template))
    await session.spawn({ argv: [findTemplate(template), '-h'] });
  return 0;
}
