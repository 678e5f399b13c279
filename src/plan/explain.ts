/** A failed op in words: act, object, reason, and what to do about it. */

import { errnoNumber, errnoText } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { lists } from '../wire/frames.ts';
import { where } from '../wire/ops.ts';
import type { PlannedOp, Program } from '../wire/program.ts';
import { labelMeaning } from './lsm/explain.ts';
import { onHost } from './mapped-command.ts';
import { ms } from './mount-flags.ts';
import { networkHint } from './network/index.ts';
import { viewKey } from './proc-view.ts';
import { fileSystemMeaning, overlayMeaning } from './storage/explain.ts';
import { sysinfoKey } from './sysinfo.ts';
import type { OpFailure } from './types.ts';

export function explain(program: Program, failure: OpFailure): LxcError {
  const planned = failedOp(program, failure);
  if (planned === undefined) return unplanned(failure);
  const { why } = planned;
  const { reason, hint } = meaning(planned, failure);
  return new LxcError(`Failed to ${why.act}: ${reason}`, { origin: why.origin, hint });
}

/** Ops that failed and let the start go on. A proc view that cannot be had is worth one line, not one a file. */
export function explainNotes(program: Program, failures: readonly OpFailure[]): readonly string[] {
  const ofView = failures.filter((failure) => failedOp(program, failure)?.why.key === viewKey);
  const broken = ofView.find(({ errno }) => errno !== e.noent);
  return failures
    .filter((failure) => failure === broken || !ofView.includes(failure))
    .map((failure) => explain(program, failure).toString());
}

function failedOp({ parent, child }: Program, { list, index }: OpFailure): PlannedOp | undefined {
  if (list === lists.parent) return parent[index];
  return list === lists.child ? child[index] : undefined;
}

function unplanned({ list, errno, detail }: OpFailure): LxcError {
  const act = list === lists.undo ? 'clean up' : 'run the program';
  return new LxcError(
    `Failed to ${act}: ${[errno === 0 ? '' : errnoText(errno), detail].filter(Boolean).join(': ')}`,
  );
}

interface Meaning {
  readonly reason: string;
  readonly hint?: string | undefined;
}

function meaning(planned: PlannedOp, failure: OpFailure): Meaning {
  const { errno, detail } = failure;
  const plain = errno === 0 ? detail || 'it ended before it was done' : errnoText(errno);
  const reason = errno === 0 || detail === '' ? plain : `${plain} (${detail})`;
  const known = special(planned, failure);
  return { reason: known?.reason ?? reason, hint: known?.hint };
}

const e = {
  perm: errnoNumber('EPERM'),
  nosys: errnoNumber('ENOSYS'),
  noent: errnoNumber('ENOENT'),
  noexec: errnoNumber('ENOEXEC'),
  again: errnoNumber('EAGAIN'),
  nomem: errnoNumber('ENOMEM'),
  acces: errnoNumber('EACCES'),
  busy: errnoNumber('EBUSY'),
  exist: errnoNumber('EEXIST'),
  nodev: errnoNumber('ENODEV'),
  notdir: errnoNumber('ENOTDIR'),
  inval: errnoNumber('EINVAL'),
  range: errnoNumber('ERANGE'),
  nospc: errnoNumber('ENOSPC'),
  rofs: errnoNumber('EROFS'),
  loop: errnoNumber('ELOOP'),
  users: errnoNumber('EUSERS'),
  addrinuse: errnoNumber('EADDRINUSE'),
  notconn: errnoNumber('ENOTCONN'),
} as const;

/** Where errno misleads, or where the next move is known. */
function special(planned: PlannedOp, failure: OpFailure): Partial<Meaning> | undefined {
  switch (planned.op) {
    case 'schedCore':
      return failure.errno === e.inval
        ? {
            reason: 'this kernel has no core scheduling',
            hint: 'it needs CONFIG_SCHED_CORE; remove the line',
          }
        : undefined;
    case 'lsmLabel':
      return labelMeaning(planned, failure);
    case 'mount':
      return mountMeaning(planned, failure);
    case 'openFileSystem':
      return fileSystemMeaning(planned, failure);
    case 'cloneTree':
      return mappedMeaning(failure.errno);
    case 'bindCommand':
      return failure.errno === e.addrinuse
        ? { reason: 'the container is already running', hint: 'stop it with lxc-stop' }
        : undefined;
    case 'openRecord':
      return recordMeaning(failure.errno);
    case 'mkdirCgroup':
      return cgroupMeaning(failure.errno);
    case 'writeFile':
      return writeMeaning(planned.args.path, failure.errno);
    case 'clone':
    case 'cloneWithin':
      return cloneMeaning(failure.errno);
    case 'joinCgroup':
      return joinMeaning(failure.errno);
    case 'exec':
    case 'execInit':
      return execMeaning(planned.args.argv[0] ?? '', planned.why.key === onHost, failure);
    case 'runHook':
    case 'call':
      return failure.errno === e.again ? tooManyProcesses : undefined;
    case 'rlimit':
      return failure.errno === e.perm ? { hint: 'raising a hard limit needs CAP_SYS_RESOURCE' } : undefined;
    case 'netlink':
      return { hint: networkHint(planned, failure.errno) };
    case 'openPty':
      return failure.errno === e.nospc
        ? { reason: 'no pseudo terminal is left', hint: 'see /proc/sys/kernel/pty/max' }
        : placeMeaning(failure);
    case 'seccomp':
      return failure.errno === e.busy
        ? {
            reason: 'somebody else supervises calls of this process already',
            hint: `set ${sysinfoKey} = off`,
          }
        : undefined;
    case 'setns':
      return failure.errno === e.noent ? { hint: 'the process that it belongs to is gone' } : undefined;
    default:
      return placeMeaning(failure);
  }
}

/** Making something in the container. */
function placeMeaning(failure: OpFailure): Partial<Meaning> | undefined {
  if (failure.errno === e.rofs)
    return { hint: 'it cannot be made in a read-only root file system; make it beforehand' };
  return failure.errno === e.loop || failure.errno === e.notdir ? linkMeaning(failure) : undefined;
}

function mappedMeaning(errno: number): Partial<Meaning> | undefined {
  if (errno === e.inval || errno === e.nosys)
    return {
      reason: 'its file system, or this kernel, maps no ids',
      hint: 'most file systems do since Linux 5.12 to 6.3; or give the files to the ids of the container',
    };
  return errno === e.perm ? { hint: 'only root can, and only once for each mount' } : undefined;
}

type Mount = Extract<PlannedOp, { op: 'mount' }>;

function mountMeaning(mount: Mount, failure: OpFailure): Partial<Meaning> | undefined {
  const { errno } = failure;
  const { flags, target, fstype } = mount.args;
  if (mount.why.key === viewKey) return viewMeaning(mount, errno);
  const ofOverlay = fstype === 'overlay' ? overlayMeaning(mount.args.data, failure) : undefined;
  if (ofOverlay !== undefined) return ofOverlay;
  const isBind = (Number(flags) & ms.bind) !== 0;
  if (errno === e.noent) return missingEnd(mount, isBind, failure.detail);
  if (errno === e.loop || errno === e.notdir)
    return isBind ? kindMeaning(failure, target) : linkMeaning(failure);
  if (errno === e.nodev)
    return { reason: `this kernel has no file system ${fstype}`, hint: 'see /proc/filesystems' };
  if (errno === e.perm)
    return { hint: 'mounting needs CAP_SYS_ADMIN, and what others locked stays as it is' };
  return undefined;
}

/** The proc view. */
function viewMeaning({ args: { source, target } }: Mount, errno: number): Partial<Meaning> | undefined {
  if (errno === e.noent)
    return {
      reason: `there is no ${source}, or no ${target} to put it on`,
      hint: `take it out of ${viewKey}`,
    };
  if (errno === e.notconn)
    return { reason: 'that lxcfs is dead', hint: 'unmount it with umount -l, then start lxcfs again' };
  return undefined;
}

/** The kernel says ENOENT for either end of a mount; what was not found below the root is in the detail. */
function missingEnd({ args, why }: Mount, isBind: boolean, detail: string): Partial<Meaning> | undefined {
  if (why.key !== 'lxc.mount.entry' && why.key !== 'lxc.mount.fstab') return undefined;
  const { source, target, targetWhere } = args;
  const text = errnoText(e.noent);
  const found = targetWhere === where.rootfs && detail === '';
  if (isBind && found) return { reason: `${text} (${source})`, hint: `make ${source}, or add "optional"` };
  const end = detail === '' ? target : detail;
  return { reason: `${text} (${end})`, hint: 'add "create=dir" or "create=file" to make the target' };
}

function kindMeaning({ errno, detail }: OpFailure, target: string): Partial<Meaning> {
  if (errno === e.loop) return linkMeaning({ detail });
  return {
    reason: `${errnoText(e.notdir)}${detail === '' ? '' : ` (${detail})`}`,
    hint: `source and ${target} must both be directories, or both be files`,
  };
}

function linkMeaning({ detail }: Pick<OpFailure, 'detail'>): Partial<Meaning> {
  const which = detail === '' ? 'a component of the path' : detail;
  return {
    reason: which.endsWith(' is a symbolic link') ? which : `${which} is a symbolic link or no directory`,
    hint: 'paths below the root file system follow no links; name the directory itself',
  };
}

function recordMeaning(errno: number): Partial<Meaning> | undefined {
  if (errno === e.nospc) return { hint: 'free some space in the run directory' };
  if (errno !== e.exist) return undefined;
  return { reason: 'another start of the container has just written it', hint: 'try again' };
}

function cgroupMeaning(errno: number): Partial<Meaning> | undefined {
  if (errno === e.again || errno === e.nospc) {
    return {
      reason: 'the limit of cgroups is reached',
      hint: 'see cgroup.max.descendants and cgroup.max.depth above it',
    };
  }
  if (errno === e.exist) {
    return { hint: 'another start of the same name came first; try again' };
  }
  if (errno === e.acces || errno === e.perm) {
    return {
      hint: 'the cgroup above it must belong to you; as a user run under systemd-run --user --scope -p Delegate=yes',
    };
  }
  if (errno === e.rofs) return { hint: 'the cgroup file systems are mounted read-only' };
  return undefined;
}

function writeMeaning(path: string, errno: number): Partial<Meaning> | undefined {
  const file = path.slice(path.lastIndexOf('/') + 1);
  if (path.startsWith('/proc/sys/')) return sysctlMeaning(errno);
  if (file === 'cgroup.subtree_control' && errno === e.busy) {
    return {
      reason: 'there are processes in that cgroup',
      hint: 'set lxc.cgroup.relative = 0, or move them away',
    };
  }
  if (errno === e.noent)
    return {
      reason: `the cgroup has no file ${file}`,
      hint: 'the controller may be off; see lxc-checkconfig',
    };
  if (errno === e.inval || errno === e.range) return { hint: `the kernel refuses that value for ${file}` };
  if (errno === e.busy && file === 'memory.limit_in_bytes')
    return { hint: 'more memory is in use than that' };
  if (errno === e.acces && file.startsWith('cpuset.'))
    return { hint: 'the cgroup above it does not have these' };
  return undefined;
}

function sysctlMeaning(errno: number): Partial<Meaning> | undefined {
  if (errno === e.noent) return { reason: 'there is no such kernel parameter', hint: 'see sysctl -a' };
  return errno === e.inval ? { hint: 'the kernel refuses that value' } : undefined;
}

const tooManyProcesses: Partial<Meaning> = {
  reason: 'no further process is allowed',
  hint: 'see pids.max of the cgroup and the limit nproc',
};

function cloneMeaning(errno: number): Partial<Meaning> | undefined {
  if (errno === e.again) return tooManyProcesses;
  if (errno === e.perm)
    return { hint: 'new namespaces need CAP_SYS_ADMIN; lxc-checkconfig shows what the kernel allows' };
  if (errno === e.inval)
    return { reason: 'this kernel lacks one of these namespaces', hint: 'see lxc-checkconfig' };
  if (errno === e.nospc || errno === e.users) {
    return { reason: 'the limit of namespaces is reached', hint: 'see /proc/sys/user/max_*_namespaces' };
  }
  return undefined;
}

function joinMeaning(errno: number): Partial<Meaning> | undefined {
  if (errno === e.nospc)
    return { reason: 'the cpuset has no processors or no memory', hint: 'set cpuset.cpus and cpuset.mems' };
  return errno === e.again ? tooManyProcesses : undefined;
}

/** SIGSYS: the kernel ends whoever makes a call that a filter answers with kill or trap. */
const killedByFilter = /, signal 31$/;

function execMeaning(
  program: string,
  isOnHost: boolean,
  { errno, detail }: OpFailure,
): Partial<Meaning> | undefined {
  if (errno === 0 && killedByFilter.test(detail))
    return {
      reason: 'its seccomp policy forbids a system call that this needs',
      hint: 'a policy has to allow execve, and what start hooks and lxc.init.uid need',
    };
  if (errno === e.noent) {
    if (isOnHost) return { reason: `there is no ${program}, or the interpreter that it names is missing` };
    return {
      reason: `there is no ${program} in the container, or the interpreter that it names is missing`,
      hint: 'name another one with lxc.init.cmd, or behind "--"',
    };
  }
  if (errno === e.acces) {
    return {
      reason: `${program} is not executable${detail === '' ? '' : ` (${detail})`}`,
      hint: 'see its mode, and the option noexec of its mount',
    };
  }
  if (errno === e.noexec)
    return { reason: `${program} is no program for this machine`, hint: 'scripts begin with #!' };
  return undefined;
}
