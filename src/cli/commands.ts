/** The commands by name. Each is loaded when it is called, so that one command costs nothing to the others. */

import type { Command } from './command.ts';

export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  'lxc-attach': async () => (await import('./commands/attach.ts')).attach,
  'lxc-autostart': async () => (await import('./commands/autostart.ts')).autostart,
  'lxc-cgroup': async () => (await import('./commands/cgroup.ts')).cgroup,
  'lxc-checkconfig': async () => (await import('./commands/checkconfig.ts')).checkconfig,
  'lxc-config': async () => (await import('./commands/config.ts')).config,
  'lxc-create': async () => (await import('./commands/create.ts')).create,
  'lxc-destroy': async () => (await import('./commands/destroy.ts')).destroy,
  'lxc-execute': async () => (await import('./commands/execute.ts')).execute,
  'lxc-freeze': async () => (await import('./commands/freeze.ts')).freeze,
  'lxc-info': async () => (await import('./commands/info.ts')).info,
  'lxc-kill': async () => (await import('./commands/kill.ts')).kill,
  'lxc-ls': async () => (await import('./commands/ls.ts')).ls,
  'lxc-net': async () => (await import('./commands/net.ts')).net,
  'lxc-net install': async () => (await import('./commands/net-install.ts')).netInstall,
  'lxc-start': async () => (await import('./commands/start.ts')).start,
  'lxc-stop': async () => (await import('./commands/stop.ts')).stop,
  'lxc-unfreeze': async () => (await import('./commands/freeze.ts')).unfreeze,
  'lxc-unshare': async () => (await import('./commands/unshare.ts')).unshare,
  'lxc-usernsexec': async () => (await import('./commands/usernsexec.ts')).usernsexec,
  'lxc-wait': async () => (await import('./commands/wait.ts')).wait,
  lxcfs: async () => (await import('./commands/lxcfs.ts')).lxcfs,
  'lxcfs eject': async () => (await import('./commands/lxcfs-inject.ts')).lxcfsEject,
  'lxcfs explain': async () => (await import('./commands/lxcfs-explain.ts')).lxcfsExplain,
  'lxcfs inject': async () => (await import('./commands/lxcfs-inject.ts')).lxcfsInject,
  'lxcfs install': async () => (await import('./commands/lxcfs-install.ts')).lxcfsInstall,
  'lxcfs reattach': async () => (await import('./commands/lxcfs-reattach.ts')).lxcfsReattach,
  'lxcfs status': async () => (await import('./commands/lxcfs-status.ts')).lxcfsStatus,
  lxcd: async () => (await import('./commands/lxcd.ts')).lxcd,
};
