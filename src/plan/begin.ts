/** How a start begins: the name is taken, the record opened, the caller left. */

import type { Op } from '../wire/ops.ts';
import type { PlannedOp } from '../wire/program.ts';
import { always, asked, step } from '../wire/step.ts';
import type { Context } from './context.ts';
import { namespaceFlags } from './namespaces.ts';
import { isolateMounts } from './rootfs.ts';

/** A monitor that starts its container again holds the socket and has left the caller already. */
export function begin(context: Context): readonly PlannedOp[] {
  const { request, cgroups } = context;
  const { detach, reboot, pidfile, record } = request;
  const bind: Op = { op: 'bindCommand', args: { name: request.commandSocket } };
  const leave: Op = { op: 'detach', args: { cgroup2: cgroups.detachInto } };
  return [
    ...(reboot ? [] : [step(bind, always(`bind the command socket @${request.commandSocket}`))]),
    ...ownMonitorMounts(context),
    step({ op: 'openRecord', args: record }, always(`write the record in ${record.path}`)),
    ...(detach && !reboot ? [...cgroups.beforeDetach, step(leave, always('start the monitor'))] : []),
    ...(pidfile === undefined ? [] : [writePidfile(pidfile)]),
  ];
}

function writePidfile(path: string): PlannedOp {
  const undo: Op = { op: 'unlink', args: { path } };
  return step({ op: 'writePidfile', args: { path } }, always(`write the pid file ${path}`), { undo: [undo] });
}

/**
 * `lxc.monitor.unshare`: the command and its monitor see mounts of their own, into which pre-start hooks may mount. A
 * monitor that starts its container again has them already.
 */
function ownMonitorMounts({ config, request }: Context): readonly PlannedOp[] {
  const entry = config.one('lxc.monitor.unshare');
  if (entry === undefined || entry.value === 0 || request.reboot) return [];
  const why = asked(entry, 'give the monitor mounts of its own');
  const own = { op: 'unshare', args: { flags: namespaceFlags.mnt } } as const;
  return [step(own, why), { ...isolateMounts(), why }];
}
