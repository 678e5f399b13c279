/** lxc-net install: the units by which systemd runs the bridge, the networks of users, and containers. */

import type { Integration } from '../../lxcfs/install/plan.ts';
import { installCommand } from '../install.ts';

const summary = 'Write the units by which systemd runs the bridge, the networks of users, and containers';

const systemd: Integration = {
  files: [
    { path: '/etc/systemd/system/lxc-net.service', source: 'systemd/lxc-net.service', mode: 0o644 },
    {
      path: '/etc/systemd/system/lxc-user-nic.service',
      source: 'systemd/lxc-user-nic.service',
      mode: 0o644,
    },
    { path: '/etc/systemd/system/lxc.service', source: 'systemd/lxc.service', mode: 0o644 },
    { path: '/etc/systemd/system/lxc@.service', source: 'systemd/lxc@.service', mode: 0o644 },
  ],
  next: 'systemctl daemon-reload && systemctl enable --now lxc-net lxc-user-nic lxc; a single container is lxc@NAME',
  nextGone: 'systemctl daemon-reload; what runs goes on until it is stopped',
};

export const netInstall = installCommand({ name: 'lxc-net install', summary }, { systemd });
