/** lxc-attach: a command or a login shell in a running container. */

import { LxcError } from '../../base/error.ts';
import type { Config } from '../../config/index.ts';
import type { AttachRequest, Privilege } from '../../plan/attach.ts';
import type { NamespaceName } from '../../plan/namespaces.ts';
import { attach as attachTo, findRunning, type Running, usualIds } from '../../run/attach.ts';
import { attachEnvironment } from '../../run/attach-environment.ts';
import { defaultShell, loginShell } from '../../run/passwd.ts';
import { personaOf, personas } from '../../run/persona.ts';
import type { Session } from '../../run/session.ts';
import { type Command, type Invocation, rcfileShort } from '../command.ts';
import { namespaceWords } from '../namespace-words.ts';
import { flag, integer, list, maybe, parsed, text } from '../option.ts';

const options = {
  elevated: maybe({
    short: 'e',
    long: 'elevated-privileges',
    metavar: 'PRIVILEGES',
    help: 'Keep the privileges CGROUP, CAP and LSM of the caller, joined by |; all of them where none is named',
  }),
  arch: parsed({ short: 'a', long: 'arch', metavar: 'ARCH', help: 'Run for this architecture' }, persona),
  namespaces: parsed(
    {
      short: 's',
      long: 'namespaces',
      metavar: 'NAMESPACES',
      help: 'Enter only these, joined by |: MOUNT PID UTSNAME IPC USER NETWORK CGROUP TIME; implies -e',
    },
    namespacesOf,
  ),
  remount: flag({
    short: 'R',
    long: 'remount-sys-proc',
    help: 'Mount fresh /proc and /sys where the mount namespace is not entered',
  }),
  clearEnv: flag({ long: 'clear-env', help: 'Start with an environment of container=lxc and a PATH' }),
  keepEnv: flag({ long: 'keep-env', help: 'Keep the environment of the caller; the default' }),
  keepVar: list({ long: 'keep-var', metavar: 'NAME', help: 'Keep this variable with --clear-env' }),
  setVar: list({ short: 'v', long: 'set-var', metavar: 'NAME=VALUE', help: 'Set this variable' }),
  ptyLog: text({
    short: 'L',
    long: 'pty-log',
    metavar: 'FILE',
    help: 'Write what the terminal shows to FILE',
  }),
  rcfile: rcfileShort,
  uid: parsed({ short: 'u', long: 'uid', metavar: 'UID', help: 'Run as this user of the container' }, userId),
  gid: parsed(
    { short: 'g', long: 'gid', metavar: 'GID', help: 'Run as this group of the container' },
    userId,
  ),
  context: text({ short: 'c', long: 'context', metavar: 'CONTEXT', help: 'Run in this SELinux context' }),
} as const;

export const attach: Command = {
  name: 'lxc-attach',
  summary: 'Run a command, or a login shell, in a running container',
  operands: '[-- COMMAND [ARG...]]',
  named: true,
  options: Object.values(options),
  async run(invocation, session) {
    const { lxcpath, name } = invocation;
    const running = await findRunning(session, { lxcpath, name }, invocation.get(options.rcfile));
    return attachTo(session, running, requestOf(invocation, session, running));
  },
};

function requestOf(invocation: Invocation, session: Session, running: Running): AttachRequest {
  const get = invocation.get.bind(invocation);
  const usual = usualIds(running);
  const uid = get(options.uid) ?? usual.uid;
  const namespaces = get(options.namespaces);
  const { stdin, stdout, stderr } = session.isatty;
  const log = get(options.ptyLog);
  return {
    ...(invocation.operands.length > 0
      ? { argv: invocation.operands }
      : { argv: [loginShell(running.initPid, uid)], otherwise: [defaultShell] }),
    env: environment(invocation, session, running.config),
    cwd: session.cwd,
    uid,
    gid: get(options.gid) ?? usual.gid,
    namespaces,
    elevated: privileges(get(options.elevated), namespaces !== undefined),
    persona: get(options.arch) ?? personaOf(running.config),
    remount: get(options.remount),
    terminal: stdin || stdout || stderr,
    ptyLog: log === undefined ? '' : session.resolve(log),
    context: get(options.context),
  };
}

function environment(invocation: Invocation, session: Session, config: Config): readonly string[] {
  const clear = invocation.get(options.clearEnv);
  const kept = new Set(invocation.get(options.keepVar));
  const callers = Object.entries(session.env)
    .filter(([name]) => !clear || kept.has(name))
    .map(([name, value]) => `${name}=${value}`);
  const set = invocation.get(options.setVar).map(variable);
  return attachEnvironment(config, session.env, { path: clear, callers, set });
}

function variable(assignment: string): string {
  if (/^[^=]+=/.test(assignment)) return assignment;
  throw new LxcError(`Failed to set the variable '${assignment}'`, { hint: 'write it as NAME=VALUE' });
}

const allPrivileges: readonly Privilege[] = ['CGROUP', 'CAP', 'LSM'];

function privileges(given: string | undefined, chosenNamespaces: boolean): ReadonlySet<Privilege> {
  if (given === undefined) return new Set(chosenNamespaces ? allPrivileges : []);
  if (given === '') return new Set(allPrivileges);
  return new Set(given.split('|').map(privilege));
}

function privilege(name: string): Privilege {
  const found = allPrivileges.find((one) => one === name.trim());
  if (found === undefined)
    throw new LxcError(`Failed to elevate '${name}'`, {
      hint: `the privileges are ${allPrivileges.join(' ')}`,
    });
  return found;
}

function namespacesOf(given: string): ReadonlySet<NamespaceName> {
  return new Set(
    given.split('|').map((name) => {
      const found = namespaceWords[name.trim()];
      if (found !== undefined) return found;
      const hint = `the namespaces are ${Object.keys(namespaceWords).join(' ')}`;
      throw new LxcError(`Failed to enter the namespace '${name}': there is none of that name`, { hint });
    }),
  );
}

function persona(arch: string): number {
  if (/^(i[3-6]86|x86|x32|linux32|arm|armhf|armel|armv[67]l|mips|mipsel|ppc|powerpc)$/.test(arch))
    return personas.bits32;
  if (/64|s390x|linux64/.test(arch)) return personas.bits64;
  throw new LxcError(`Failed to use '${arch}' as an architecture`, {
    hint: 'examples are x86_64 i686 aarch64 armhf',
  });
}

function userId(given: string): number {
  const id = integer(given);
  if (id < 0 || id >= 0xffff_ffff)
    throw new LxcError(`Failed to use ${given} as a user or group: it is no id`);
  return id;
}
