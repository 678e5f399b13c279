/** Control groups and the other limits of processes. */

import { flag, text } from '../codec.ts';
import {
  cgroup2File,
  cgroupFile,
  parseDeviceRule,
  resourceLimit,
  resourceNames,
  sysctlName,
} from '../codecs/limit.ts';
import { cgroupName, cgroupPath } from '../codecs/process.ts';
import { group, many, old, one } from '../row.ts';

/** The one cgroup file whose format we must know, since cgroup v2 has a program in its place. */
function checkDevices(file: string, rule: string): void {
  if (file === 'devices.allow' || file === 'devices.deny') parseDeviceRule(rule);
}

export const cgroupKeys = {
  'lxc.cgroup': group('Clears all lxc.cgroup.* files when it is empty.', { since: '0.6', removed: '7.0' }),
  'lxc.cgroup.<file>': many(text, 'Value written to this file of the cgroup v1 hierarchies.', {
    since: '0.6',
    removed: '7.0',
    names: cgroupFile,
    checkMember: checkDevices,
  }),
  'lxc.cgroup2': group('Clears all lxc.cgroup2.* files when it is empty.'),
  'lxc.cgroup2.<file>': many(text, 'Value written to this file of the cgroup v2 hierarchy.', {
    names: cgroup2File,
    checkMember: checkDevices,
  }),
  'lxc.cgroup.dir': one(cgroupPath, 'Directory that holds the cgroups of the container and its monitor.', {
    since: '2.1',
  }),
  'lxc.cgroup.dir.container': one(cgroupPath, 'Cgroup of the container.', { since: '5.0' }),
  'lxc.cgroup.dir.monitor': one(cgroupPath, 'Cgroup of the monitor.', { since: '5.0' }),
  'lxc.cgroup.dir.monitor.pivot': one(cgroupPath, 'Cgroup that the monitor moves to at its end.', {
    since: '5.0',
    default: 'lxc.pivot',
    unset: '',
  }),
  'lxc.cgroup.dir.container.inner': one(cgroupName, 'Further directory, the root of the cgroup namespace.', {
    since: '5.0',
  }),
  'lxc.cgroup.relative': one(flag, 'Whether cgroups are made below the one of the caller.', {
    since: '3.1',
    default: false,
  }),
};

export const limitKeys = {
  'lxc.prlimit': group('Clears all lxc.prlimit.* when it is empty.', { was: old('lxc.limit', '2.1') }),
  'lxc.prlimit.<name>': one(resourceLimit, 'Resource limit of init, as in setrlimit(2).', {
    was: old('lxc.limit.<name>', '2.1'),
    names: resourceNames,
  }),
  'lxc.sysctl': group('Clears all lxc.sysctl.* when it is empty.'),
  'lxc.sysctl.<name>': one(text, 'Kernel parameter of the namespaces of the container.', {
    names: sysctlName,
  }),
  'lxc.proc': group('Clears all lxc.proc.* when it is empty.'),
  'lxc.proc.<name>': one(text, 'Value written to this file of /proc/PID of init.', { names: sysctlName }),
};
