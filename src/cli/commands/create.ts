/** lxc-create: make a container by a template. */

import { isAbsolute } from 'node:path';
import { LxcError } from '../../base/error.ts';
import { createContainer } from '../../run/create.ts';
import { isDefined } from '../../run/directory.ts';
import type { Session } from '../../run/session.ts';
import { findTemplate, isNoTemplate } from '../../run/template.ts';
import type { Command, Invocation } from '../command.ts';
import { text } from '../option.ts';

const options = {
  template: text({
    short: 't',
    long: 'template',
    metavar: 'TEMPLATE',
    help: 'Template that fills the container, or none',
  }),
  config: text({ short: 'f', long: 'config', metavar: 'FILE', help: 'Configuration to begin with' }),
  bdev: text({ short: 'B', long: 'bdev', metavar: 'TYPE', help: 'Storage of the root file system: dir' }),
  dir: text({ long: 'dir', metavar: 'DIR', help: 'Put the root file system into DIR' }),
  lvname: text({ long: 'lvname', metavar: 'NAME', help: 'Logical volume, with -B lvm' }),
  vgname: text({ long: 'vgname', metavar: 'NAME', help: 'Volume group, with -B lvm' }),
  thinpool: text({ long: 'thinpool', metavar: 'NAME', help: 'Thin pool, with -B lvm' }),
  rbdname: text({ long: 'rbdname', metavar: 'NAME', help: 'Image, with -B rbd' }),
  rbdpool: text({ long: 'rbdpool', metavar: 'NAME', help: 'Pool, with -B rbd' }),
  zfsroot: text({ long: 'zfsroot', metavar: 'PATH', help: 'Parent file system, with -B zfs' }),
  fstype: text({ long: 'fstype', metavar: 'TYPE', help: 'File system, with block devices' }),
  fssize: text({ long: 'fssize', metavar: 'SIZE', help: 'Size, with block devices' }),
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
    checkStorage(invocation);
    if (isDefined(invocation)) throw new LxcError('Container already exists', { hint: 'take another name' });
    try {
      await createContainer(session, invocation, {
        template: isNoTemplate(template) ? undefined : template,
        parameters: invocation.operands,
        configFile: invocation.get(options.config),
        rootfs: invocation.get(options.dir),
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

/** Storage that LXC knows and this command does not make; what it needs stands in the configuration's reference. */
const otherStorage = ['btrfs', 'loop', 'lvm', 'nbd', 'overlay', 'overlayfs', 'rbd', 'zfs'];
const directoryStorage = ['dir', 'none', 'best', '_unset'];

function checkStorage(invocation: Invocation): void {
  const dir = invocation.get(options.dir);
  if (dir !== undefined && !isAbsolute(dir)) throw new LxcError('--dir should use absolute path');
  const type = invocation.get(options.bdev) ?? 'dir';
  if (otherStorage.includes(type))
    throw new LxcError(`Failed to create storage of type ${type}: lxc-create makes directories only`, {
      hint: 'use -B dir, and --dir on a file system of the kind that you want',
    });
  if (!directoryStorage.includes(type)) throw new LxcError(`${type} is not a valid backing storage type`);
  const sized = [options.fstype, options.fssize].some((option) => invocation.get(option) !== undefined);
  if (sized) throw new LxcError('Filesystem type and size are only valid with block devices');
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
