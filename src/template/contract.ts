/** LXC's template contract: the arguments that lxc-create gives, beside those of the user. */

import { parseArgs } from 'node:util';
import { LxcError } from '../base/error.ts';

/** Options of one template; a flag has no value. */
export type Wanted = Readonly<Record<string, { readonly short?: string; readonly flag?: boolean }>>;

export interface Given {
  readonly name: string;
  /** The container's directory, where its config is. */
  readonly path: string;
  readonly rootfs: string;
  /** The caller as the container's user namespace calls him; `undefined` outside of one. */
  readonly mapped: { readonly uid: number; readonly gid: number } | undefined;
  value(option: string): string | undefined;
  has(flag: string): boolean;
}

const contract = ['name', 'path', 'rootfs', 'mapped-uid', 'mapped-gid'];

export const contractHelp = `
Set by lxc-create:
  --name NAME           name of the container
  --path PATH           directory of the container, where its config is
  --rootfs PATH         where the root file system goes (default: PATH/rootfs)
  --mapped-uid UID      owner of the files that lie beside the root file system
  --mapped-gid GID      their group
`;

export function parseGiven(template: string, args: readonly string[], wanted: Wanted): Given {
  const options = [...contract.map((name) => [name, {}] as const), ...Object.entries(wanted)];
  const values = parse(template, args, Object.fromEntries(options));
  const value = (option: string): string | undefined => {
    const found = values[option];
    return typeof found === 'string' ? found : undefined;
  };
  const path = value('path') ?? '';
  const [uid, gid] = [Number(value('mapped-uid') ?? -1), Number(value('mapped-gid') ?? -1)];
  return {
    name: value('name') ?? '',
    path,
    rootfs: value('rootfs') ?? `${path}/rootfs`,
    mapped: uid < 0 ? undefined : { uid, gid },
    value,
    has: (flag) => values[flag] === true,
  };
}

/** @throws LxcError where lxc-create has not called */
export function needContainer({ name, path }: Given): void {
  const missing = name === '' ? '--name' : path === '' ? '--path' : undefined;
  if (missing === undefined) return;
  throw new LxcError(`No ${missing} was given`, { hint: 'a template is run by lxc-create -t' });
}

function parse(template: string, args: readonly string[], wanted: Wanted): Readonly<Record<string, unknown>> {
  const options = Object.entries(wanted).map(
    ([name, { short, flag }]) =>
      [
        name,
        { type: flag ? 'boolean' : 'string', ...(short === undefined ? {} : { short }) } as const,
      ] as const,
  );
  try {
    return parseArgs({ args: [...args], options: Object.fromEntries(options), strict: true }).values;
  } catch (error) {
    const [said = ''] = (error instanceof Error ? error.message : String(error)).split('. ');
    throw new LxcError(said, { hint: `lxc-create -t ${template} -h tells what there is` });
  }
}
