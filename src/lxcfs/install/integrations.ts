/**
 * Files of other programs that put the proc view to use: what `lxcfs install` writes where. Texts come from the
 * package's configs/ as they are, but for the directory of the commands.
 */

/** One file: its text is `source` below configs/ with `@BIN@` filled in. */
export interface Installed {
  readonly path: string;
  readonly source: string;
  readonly mode: number;
  /** Only where this directory is: the program is installed. */
  readonly ifThere?: string;
  /** Whose file may be there already, and does the same. */
  readonly or?: string;
}

export interface Integration {
  readonly files: readonly Installed[];
  /** What the user does next; nothing is run for him. */
  readonly next: string;
  readonly nextGone: string;
}

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

export const integrations: Readonly<Record<string, Integration>> = { lxc, systemd };
