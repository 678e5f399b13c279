/** lxc-unshare: a command of the host in new namespaces, without a container around it. */

import { lendLink } from '../netlink/link.ts';
import { where } from '../wire/ops.ts';
import type { PlannedOp, Program } from '../wire/program.ts';
import { post, step, wait } from '../wire/step.ts';
import { enterNewClocks } from './clocks.ts';
import { type IdMapping, mapText } from './idmap.ts';
import { onHost, runOnHost } from './mapped-command.ts';
import { flagsOf, type NamespaceName } from './namespaces.ts';
import { netlinkOp } from './network/nic.ts';
import { isolateMounts } from './rootfs.ts';

export interface UnshareRequest {
  readonly spaces: ReadonlySet<NamespaceName>;
  /** Who the command runs as inside, and which user of the host that is. */
  readonly user: IdMapping | undefined;
  readonly hostname: string | undefined;
  /** Interfaces of the host that move in. */
  readonly interfaces: readonly string[];
  /** Mount /proc, /dev/shm and /dev/mqueue anew. */
  readonly remount: boolean;
  /** The command goes on when lxc-unshare has ended. */
  readonly daemon: boolean;
  readonly argv: readonly string[];
  /** `NAME=VALUE`, the whole environment. */
  readonly env: readonly string[];
}

export function planUnshare(request: UnshareRequest): Program {
  const { spaces, argv, env } = request;
  const born = [...spaces].filter((space) => space !== 'time');
  const clone = { flags: flagsOf(born), cgroup2: '', pidNamespace: '' };
  return {
    parent: [
      step({ op: 'clone', args: clone }, why(`make namespaces (${[...spaces].join(', ')})`)),
      ...mapUser(request),
      ...request.interfaces.map(moveIn),
      post('startup'),
    ],
    child: [
      wait('startup'),
      ...(spaces.has('time') ? enterNewClocks() : []),
      ...(spaces.has('mnt') ? [isolateMounts()] : []),
      ...(request.remount ? remount() : []),
      ...(request.hostname === undefined ? [] : [setHostname(request.hostname)]),
      ...becomeUser(request),
      // It would be killed with lxc-unshare.
      ...(request.daemon ? [step({ op: 'pdeathsig', args: { signal: 0 } }, why('outlive lxc-unshare'))] : []),
      runOnHost(argv, env),
    ],
    settings: [],
    after: request.daemon ? 'return' : 'attached',
    exit: 'status',
  };
}

function why(act: string) {
  return { key: onHost, act };
}

function mapUser({ user }: UnshareRequest): readonly PlannedOp[] {
  if (user === undefined) return [];
  const text = Buffer.from(mapText([user]));
  return [step({ op: 'writeProc', args: { file: 'uid_map', text } }, why(`map user ${user.inside}`))];
}

/** No group is mapped, so that there is none to take on. */
function becomeUser({ user }: UnshareRequest): readonly PlannedOp[] {
  if (user === undefined) return [];
  const ids = { uid: user.inside, gid: -1, groups: Buffer.alloc(0), keepGroups: 1 };
  return [step({ op: 'setIds', args: ids }, why(`become user ${user.inside}`))];
}

function moveIn(name: string): PlannedOp {
  const spec = { name, mtu: undefined, hwaddr: undefined, up: false };
  return netlinkOp(lendLink(name, spec), why(`move the interface ${name} into the network namespace`));
}

function setHostname(name: string): PlannedOp {
  return step({ op: 'setHostname', args: { name } }, why(`set the host name ${name}`));
}

/** Without the last two a command still finds its way. */
function remount(): readonly PlannedOp[] {
  return [
    mountOn('/proc', 'proc', false),
    makeDir('/dev/shm', 0o1777),
    mountOn('/dev/shm', 'tmpfs', true),
    makeDir('/dev/mqueue', 0o755),
    mountOn('/dev/mqueue', 'mqueue', true),
  ];
}

function makeDir(path: string, mode: number): PlannedOp {
  return step({ op: 'mkdir', args: { path, where: where.host, mode } }, why(`make ${path}`), {
    optional: true,
  });
}

function mountOn(target: string, fstype: string, optional: boolean): PlannedOp {
  const place = { source: fstype, sourceWhere: where.host, target, targetWhere: where.host };
  const args = { ...place, fstype, flags: 0, data: '', propagation: 0 };
  return step({ op: 'mount', args }, why(`mount ${fstype} on ${target}`), { optional });
}
