/**
 * Files of other programs that put the proc view to use: what `lxcfs install` writes where. Texts come from the
 * package's configs/ as they are, but for the directory of the commands.
 */

import { dockerRuntime } from './docker.ts';
import type { Integration } from './plan.ts';

const lxc: Integration = {
  files: [
    { path: '/usr/share/lxc-ts/lxc.mount.hook', source: 'hooks/lxc.mount.hook', mode: 0o755 },
    {
      path: '/usr/share/lxc/config/common.conf.d/00-lxcfs.conf',
      source: 'common.conf.d/00-lxcfs.conf',
      mode: 0o644,
      or: 'LXCFS',
    },
  ],
  next: 'containers whose configuration includes common.conf get the view at their next start',
  nextGone: 'running containers keep the view until they stop',
};

const systemd: Integration = {
  files: [
    { path: '/etc/systemd/system/lxcfs.service', source: 'systemd/lxcfs.service', mode: 0o644 },
    {
      path: '/etc/needrestart/conf.d/lxcfs.conf',
      source: 'needrestart/lxcfs',
      mode: 0o644,
      ifThere: '/etc/needrestart',
    },
  ],
  next: 'systemctl daemon-reload && systemctl enable --now lxcfs; upgrade with systemctl reload lxcfs',
  nextGone: 'systemctl daemon-reload; a service that runs goes on until systemctl stop lxcfs',
};

/** CRI-O reads the same directory; `/etc/containers/oci/hooks.d` is not read by every release of Podman. */
const podman: Integration = {
  files: [
    {
      path: '/usr/share/containers/oci/hooks.d/lxcfs.json',
      source: 'oci/hooks.d/lxcfs.json',
      mode: 0o644,
    },
  ],
  next: 'containers of Podman and CRI-O that start from now on get the view while one is mounted',
  nextGone: 'running containers keep the view until they stop',
};

/** A reload takes a new default; only a restart forgets one (Docker 20.10). */
const docker: Integration = {
  files: [{ path: '/etc/docker/daemon.json', part: dockerRuntime, mode: 0o644 }],
  next: 'systemctl reload docker; containers that are created from then on get the view while one is mounted',
  nextGone:
    'systemctl restart docker; containers that were created with the runtime lxcfs have to be created again',
};

const cdi: Integration = {
  files: [{ path: '/etc/cdi/lxcfs.json', source: 'cdi/lxcfs.json', mode: 0o644 }],
  next: 'podman run --device lxc-ts/lxcfs=auto, or =required',
  nextGone: 'running containers keep the view until they stop',
};

export const integrations: Readonly<Record<string, Integration>> = { lxc, systemd, podman, docker, cdi };
