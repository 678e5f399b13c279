/** The table of all keys, and the types that follow from it. */

import { text } from '../codec.ts';
import { one, type Row } from '../row.ts';
import { cgroupKeys, limitKeys } from './cgroup.ts';
import { hookKeys } from './hook.ts';
import { initKeys } from './init.ts';
import { namespaceKeys } from './namespace.ts';
import { netKeys } from './net.ts';
import { mountKeys, rootfsKeys } from './rootfs.ts';
import { securityKeys } from './security.ts';
import { logKeys, ownKeys, startKeys } from './start.ts';
import { ttyKeys } from './tty.ts';

/** `<n>`, `<file>`, `<name>` and `<namespace>` stand for one number, or the name of a member of the family. */
export const keys = {
  ...initKeys,
  ...rootfsKeys,
  ...mountKeys,
  ...ttyKeys,
  ...cgroupKeys,
  ...limitKeys,
  ...namespaceKeys,
  ...securityKeys,
  ...hookKeys,
  ...netKeys,
  ...startKeys,
  ...logKeys,
  ...ownKeys,
  'lxc.include': one(text, 'File or directory of files that is read in place of the line.', {
    since: '0.9',
    effect: 'none',
  }),
};

export type Keys = typeof keys;
export type Key = keyof Keys;

type Value<K extends Key> = Keys[K] extends Row<infer T> ? T : never;
type Default<K extends Key> = Keys[K] extends Row<unknown, 'one', infer D> ? D : never;

/** The keys of one kind; those with a placeholder have their own kinds below. */
type Plain<Kind> = {
  [K in Key]: K extends `${string}<${string}` ? never : Keys[K] extends { readonly kind: Kind } ? K : never;
}[Key];

export type ScalarKey = Exclude<Plain<'one'>, 'lxc.include'>;
export type ListKey = Plain<'many'>;

type NetSub<Kind> = {
  [K in Key]: K extends `lxc.net.<n>.${infer Sub}`
    ? Keys[K] extends { readonly kind: Kind }
      ? Sub
      : never
    : never;
}[Key];

export type NetScalar = NetSub<'one'>;
export type NetList = NetSub<'many'>;

type Placeholder = '<file>' | '<name>' | '<namespace>';

/** `lxc.cgroup`, `lxc.prlimit`, ...: what stands before the name of a member. */
export type Family = Key extends infer K
  ? K extends `${infer Prefix}.${Placeholder}`
    ? Prefix
    : never
  : never;

type Member<F extends Family> = Extract<Key, `${F}.${Placeholder}`>;

export type ScalarValues = { readonly [K in ScalarKey]: Value<K> };
export type ScalarDefaults = { readonly [K in ScalarKey]: Default<K> };
export type ListValues = { readonly [K in ListKey]: Value<K> };
export type NetScalarValues = { readonly [S in NetScalar]: Value<`lxc.net.<n>.${S}`> };
export type NetScalarDefaults = { readonly [S in NetScalar]: Default<`lxc.net.<n>.${S}`> };
export type NetListValues = { readonly [S in NetList]: Value<`lxc.net.<n>.${S}`> };
export type FamilyValues = { readonly [F in Family]: Value<Member<F>> };
