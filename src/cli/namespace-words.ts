/** LXC's words for namespaces, as lxc-attach and lxc-unshare take them. */

import type { NamespaceName } from '../plan/index.ts';

export const namespaceWords: Readonly<Record<string, NamespaceName>> = {
  MOUNT: 'mnt',
  PID: 'pid',
  UTSNAME: 'uts',
  IPC: 'ipc',
  USER: 'user',
  NETWORK: 'net',
  CGROUP: 'cgroup',
  TIME: 'time',
};
