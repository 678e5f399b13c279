/** Mount options as fstab(5) spells them, to the flags of mount(2). */

export const ms = {
  rdonly: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  synchronous: 0x10,
  remount: 0x20,
  mandlock: 0x40,
  dirsync: 0x80,
  nosymfollow: 0x100,
  noatime: 0x400,
  nodiratime: 0x800,
  bind: 0x1000,
  move: 0x2000,
  rec: 0x4000,
  unbindable: 0x2_0000,
  private: 0x4_0000,
  slave: 0x8_0000,
  shared: 0x10_0000,
  relatime: 0x20_0000,
  strictatime: 0x100_0000,
  lazytime: 0x200_0000,
} as const;

const sets: Readonly<Record<string, number>> = {
  ro: ms.rdonly,
  nosuid: ms.nosuid,
  nodev: ms.nodev,
  noexec: ms.noexec,
  noatime: ms.noatime,
  nodiratime: ms.nodiratime,
  relatime: ms.relatime,
  strictatime: ms.strictatime,
  nosymfollow: ms.nosymfollow,
  bind: ms.bind,
  rbind: ms.bind | ms.rec,
  move: ms.move,
  sync: ms.synchronous,
  dirsync: ms.dirsync,
  lazytime: ms.lazytime,
  mand: ms.mandlock,
  remount: ms.remount,
};

const clears: Readonly<Record<string, number>> = {
  rw: ms.rdonly,
  suid: ms.nosuid,
  dev: ms.nodev,
  exec: ms.noexec,
  atime: ms.noatime,
  diratime: ms.nodiratime,
  norelatime: ms.relatime,
  nostrictatime: ms.strictatime,
  symfollow: ms.nosymfollow,
  async: ms.synchronous,
  nomand: ms.mandlock,
  defaults: 0,
};

const propagations: Readonly<Record<string, number>> = {
  private: ms.private,
  rprivate: ms.private | ms.rec,
  shared: ms.shared,
  rshared: ms.shared | ms.rec,
  slave: ms.slave,
  rslave: ms.slave | ms.rec,
  unbindable: ms.unbindable,
  runbindable: ms.unbindable | ms.rec,
};

export interface MountFlags {
  readonly flags: number;
  readonly propagation: number;
  /** What no flag stands for goes to the file system, with commas. */
  readonly data: string;
}

/** Words that only mount(8) and its helpers know, and that mean nothing to the kernel. */
const ignored = /^(?:_netdev|auto|noauto|nofail|user|nouser|users|x-.*|comment=.*)$/;

export function mountFlags(options: readonly string[]): MountFlags {
  let flags = 0;
  let propagation = 0;
  const data: string[] = [];
  for (const option of options) {
    const set = sets[option];
    const clear = clears[option];
    const propagate = propagations[option];
    if (set !== undefined) flags |= set;
    else if (clear !== undefined) flags &= ~clear;
    else if (propagate !== undefined) propagation |= propagate;
    else if (!ignored.test(option)) data.push(option);
  }
  return { flags, propagation, data: data.join(',') };
}
