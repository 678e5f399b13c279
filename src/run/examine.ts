/** From facts of the machine to findings, each with its cure. Pure; `doctor.ts` gathers the facts. */

import type { CgroupHealth, Listener, PathHealth } from '../host/health.ts';
import type { IdMapTool } from '../host/kernel-config.ts';
import type { Section } from './kernel-report.ts';
import type { NetStatus } from './lxc-net.ts';

/** `bad`: containers do not start, or not as configured; `warning`: something they may want is not there. */
export type Severity = 'good' | 'warning' | 'bad';

export interface Finding {
  /** A short name that stays: `kernel`, `cgroups`, `delegation`, ... */
  readonly check: string;
  readonly severity: Severity;
  readonly finding: string;
  /** The next move; absent where nothing is wrong. */
  readonly cure?: string;
}

export interface Health {
  readonly uid: number;
  readonly user: string;
  /** `undefined` where the configuration of the kernel was not found. */
  readonly kernel: readonly Section[] | undefined;
  readonly cgroups: CgroupHealth;
  /** Ranges of ids that the user was given. */
  readonly subids: { readonly users: number; readonly groups: number };
  readonly tools: { readonly newuidmap: IdMapTool; readonly newgidmap: IdMapTool };
  /** `on`: /etc/default/lxc-net wants the bridge. */
  readonly net: NetStatus & { readonly on: boolean; readonly forwards: boolean };
  readonly port53: readonly Listener[];
  readonly view: { readonly at: string; readonly health: 'alive' | 'dead' | 'blocked' } | undefined;
  readonly path: PathHealth;
}

export function examine(health: Health): readonly Finding[] {
  const checks = { kernel, cgroups, delegation, subids, bridge, forwarding, port53, lxcfs, path };
  return Object.entries(checks).flatMap(([check, look]) =>
    look(health).map((found) => ({ check, ...found })),
  );
}

type Found = Omit<Finding, 'check'>;

const good = (finding: string): readonly Found[] => [{ severity: 'good', finding }];
const warning = (finding: string, cure: string): Found => ({ severity: 'warning', finding, cure });
const bad = (finding: string, cure: string): Found => ({ severity: 'bad', finding, cure });

function orGood(found: readonly Found[], finding: string): readonly Found[] {
  return found.length === 0 ? good(finding) : found;
}

function kernel({ kernel: sections }: Health): readonly Found[] {
  if (sections === undefined)
    return [
      warning('The configuration of the kernel was not found', 'name its path in the environment as CONFIG'),
    ];
  const lines = sections.flatMap((section) => section.lines.map((line) => ({ line, title: section.title })));
  const found = lines.flatMap(({ line, title }): Found[] => {
    if (line.kind !== 'check' || line.status === 'enabled') return [];
    const text = `The kernel lacks: ${line.label}`;
    if (line.status === 'required')
      return [bad(text, 'boot a kernel that has it; no container starts without')];
    return title === 'Namespaces'
      ? [warning(text, 'boot a kernel that has it; lxc-checkconfig lists more')]
      : [];
  });
  return orGood(found, 'The kernel has what containers need');
}

function cgroups({ cgroups: { kind, missing } }: Health): readonly Found[] {
  if (kind === 'none')
    return [
      bad(
        'No cgroup hierarchy is mounted',
        'mount -t cgroup2 cgroup2 /sys/fs/cgroup, or boot an init that does',
      ),
    ];
  const found = missing.map((controller) =>
    warning(
      `No hierarchy offers the controller ${controller}`,
      'enable it on the command line of the kernel, or mount its hierarchy',
    ),
  );
  return orGood(found, `Cgroups are mounted (${kind})`);
}

function delegation({ uid, user, cgroups: { refused } }: Health): readonly Found[] {
  if (refused.length === 0) return good('The cgroups that containers are made in may be written');
  const finding = `${user} may not make cgroups in ${refused.join(', ')}`;
  if (uid === 0) return [bad(finding, 'mount it writable: mount -o remount,rw PATH')];
  return [warning(finding, 'run the commands by systemd-run --user --scope -p Delegate=yes; limits need it')];
}

function subids({ uid, user, subids: given, tools }: Health): readonly Found[] {
  const severity = uid === 0 ? warning : bad;
  const none = given.users === 0 || given.groups === 0;
  const ids = none
    ? [
        severity(
          `${user} was given no ids for containers`,
          `usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user}`,
        ),
      ]
    : [];
  const wrong =
    uid === 0 ? [] : (['newuidmap', 'newgidmap'] as const).filter((tool) => tools[tool] !== 'usable');
  const cures = {
    absent: 'install the package uidmap',
    plain: 'chmod u+s it, or give it its file capability',
    usable: '',
  };
  const programs = wrong.map((tool) =>
    warning(`${tool} cannot give these ids: it is ${tools[tool]}`, cures[tools[tool]]),
  );
  return orGood([...ids, ...programs], `${user} was given ids for containers`);
}

function bridge({ net }: Health): readonly Found[] {
  if (!net.on) return good('/etc/default/lxc-net wants no bridge');
  if (net.up) return good(`The bridge ${net.bridge} is up`);
  return [
    warning(
      `The bridge ${net.bridge} is not up`,
      'lxc-net start, or USE_LXC_BRIDGE="false" in /etc/default/lxc-net',
    ),
  ];
}

function forwarding({ net }: Health): readonly Found[] {
  if (net.forwards) return good('Packets are forwarded');
  return [
    warning(
      'Packets are not forwarded: containers on a bridge reach the host alone',
      'sysctl -w net.ipv4.ip_forward=1',
    ),
  ];
}

/** What holds the port keeps the bridge's own server from it, unless that is the one. */
function port53({ net, port53: held }: Health): readonly Found[] {
  const others = held.filter(({ pid }) => pid === undefined || pid !== net.dnsmasq);
  if (!net.on) return good('Nobody needs port 53');
  const names = new Set(
    others.map(
      ({ program, pid, address }) =>
        `${program ?? 'somebody'}${pid === undefined ? '' : ` (${pid})`} on ${address}`,
    ),
  );
  if (names.size === 0) return good('Port 53 of the bridge is free for its server, or held by it');
  const cure = 'have it listen on addresses of its own (bind-interfaces), or stop it, before lxc-net start';
  return [bad(`Port 53, which the bridge needs for names, is held by ${[...names].join(', ')}`, cure)];
}

function lxcfs({ view }: Health): readonly Found[] {
  if (view === undefined)
    return [
      warning(
        'No proc view is mounted: containers see the memory and processors of the host',
        'lxcfs install systemd, or lxcfs /var/lib/lxcfs',
      ),
    ];
  if (view.health === 'alive') return good(`The proc view at ${view.at} answers`);
  return [bad(`The proc view at ${view.at} does not answer`, `umount -l ${view.at}, and start lxcfs again`)];
}

function path({ uid, path: { path: at, exists, writable, open, closed } }: Health): readonly Found[] {
  if (!exists)
    return [warning(`The container path ${at} is not there`, `mkdir -p ${at}; lxc-create makes it too`)];
  if (open) return [bad(`Anybody may write to the container path ${at}`, `chmod o-w ${at}`)];
  if (!writable)
    return [bad(`The container path ${at} may not be written`, 'give another with -P, or become its owner')];
  const found = closed.map((one) =>
    (uid === 0 ? warning : bad)(`Containers with ids of their own cannot pass ${one}`, `chmod o+x ${one}`),
  );
  return orGood(found, `The container path ${at} can be used`);
}
