/** lxc-doctor: gathers what decides whether containers of the caller work. */

import { textIfReadable } from '../base/text-file.ts';
import { cgroupHealth, listeners, pathHealth } from '../host/health.ts';
import { givenRanges } from '../host/ids.ts';
import { findConfig, readKernelFacts, usualConfig } from '../host/kernel-config.ts';
import { findView } from '../host/proc-view.ts';
import { examine, type Finding, type Health } from './examine.ts';
import { kernelReport } from './kernel-report.ts';
import { netSettings, netStatus } from './lxc-net.ts';
import { healthOf } from './lxcfs/mounts.ts';
import type { Session } from './session.ts';

export async function doctor(session: Session, lxcpath: string): Promise<readonly Finding[]> {
  return examine(await healthFor(session, lxcpath));
}

async function healthFor(session: Session, lxcpath: string): Promise<Health> {
  const { uid, env } = session;
  const config = findConfig(env.CONFIG === undefined ? usualConfig : session.resolve(env.CONFIG));
  const facts = readKernelFacts(config?.text ?? '', env.PATH ?? '');
  const given = givenRanges({ uid });
  const settings = netSettings();
  const view = findView(textIfReadable('/proc/self/mountinfo') ?? '');
  return {
    uid,
    user: given.name,
    kernel: config === undefined ? undefined : kernelReport(facts),
    cgroups: cgroupHealth(session.pid, uid),
    subids: { users: given.users.length, groups: given.groups.length },
    tools: facts,
    net: {
      ...netStatus(settings),
      on: settings.on,
      forwards: textIfReadable('/proc/sys/net/ipv4/ip_forward')?.trim() === '1',
    },
    port53: listeners(53, settings.ipv4?.address),
    view: view === undefined ? undefined : { at: view.at, health: await healthOf(view.at) },
    path: pathHealth(lxcpath),
  };
}
