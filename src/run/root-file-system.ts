/** Root file systems of containers that do not run: copied, filled by a template, given a new name. */

import { existsSync } from 'node:fs';
import { LxcError } from '../base/error.ts';
import { type Config, emptyConfig, nodeConfigIo, setItem } from '../config/index.ts';
import { gatherRoot } from '../host/facts.ts';
import { findTools } from '../host/tools.ts';
import { type Maps, planCopy, planFill, planRename, type RenameRequest } from '../plan/copy.ts';
import { explain } from '../plan/index.ts';
import type { RootInputs } from '../plan/rootfs.ts';
import type { Program } from '../wire/program.ts';
import { shellStatus } from './connection.ts';
import { writeMaps } from './idmap.ts';
import { containerIds, environmentOf } from './mapped-command.ts';
import { rootfsMount } from './places.ts';
import type { Session } from './session.ts';

/** A configuration that says no more of a root file system than where it is, and whose ids its files have. */
export function rootAt(session: Session, path: string, like: Config): Config {
  const io = nodeConfigIo(session);
  const origin = { file: path, line: 1 };
  const kept = like.entries.filter(({ key }) => key === 'lxc.idmap' || key === 'lxc.rootfs.options');
  const lines = [{ key: 'lxc.rootfs.path', text: path }, ...kept];
  return lines.reduce((config, { key, text }) => setItem(config, { key, text }, origin, io), emptyConfig());
}

/** All that is in one root file system, with owners, times, links, attributes and holes, into another that is empty. */
export async function copyRoot(
  session: Session,
  source: Config,
  target: Config,
  quiet = false,
): Promise<void> {
  const env = ['LC_ALL=C', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin'];
  const cp = findTools(['cp'], [...environmentOf(session), ...env]).get('cp');
  if (cp === undefined)
    throw new LxcError('Failed to copy: there is no program cp', { hint: 'install coreutils' });
  const inputs = { source: inputsOf(session, source), target: inputsOf(session, target) };
  const program = planCopy({
    ...aside(session, source),
    ...inputs,
    cp,
    system: systemDirectories(),
    env,
    quiet,
  });
  const status = await run(session, program, source);
  if (status === 0) return;
  const path = source.one('lxc.rootfs.path')?.value.path ?? '';
  throw new LxcError(`Failed to copy ${path}: cp ended with status ${status}`, {
    hint: status === 1 ? 'see the lines of cp above, and whether there is enough room' : undefined,
  });
}

/** The status of a program that runs while the root file system is mounted where {@link mountPointOf} says. */
export function fillRoot(
  session: Session,
  target: Config,
  argv: readonly string[],
  quiet: boolean,
): Promise<number> {
  const ids = containerIds(session, target);
  const maps = ids === undefined ? undefined : { ...ids, isUser: session.uid !== 0 };
  const mountPoint = mountPointOf(session, target);
  const request = { mountPoint, maps, target: inputsOf(session, target) };
  const env = environmentOf(session);
  return run(session, planFill({ ...request, argv, env, quiet }), target);
}

/** Clone hooks with the root file system mounted for them, then the name in /etc/hostname. */
export async function renameRoot(
  session: Session,
  target: Config,
  changes: Pick<RenameRequest, 'hooks' | 'hostname'>,
): Promise<void> {
  if (changes.hooks.length === 0 && changes.hostname === undefined) return;
  const request = { ...aside(session, target), target: inputsOf(session, target), ...changes };
  await run(session, planRename({ ...request, env: environmentOf(session), quiet: false }), target);
}

export function mountPointOf(session: Session, config: Config): string {
  return config.value('lxc.rootfs.mount') ?? rootfsMount(session);
}

function aside(session: Session, config: Config) {
  return { mountPoint: mountPointOf(session, config), maps: mapsOf(session, config) };
}

/** Root may do everything with the files of anybody's ids. */
function mapsOf(session: Session, config: Config): Maps | undefined {
  const ids = session.uid === 0 ? undefined : containerIds(session, config);
  if (ids !== undefined) return { users: ids.users, groups: ids.groups, isUser: true };
  if (session.uid === 0) return undefined;
  const own = (outside: number) => [{ inside: 0, outside, range: 1 }];
  return { users: own(session.uid), groups: own(session.gid), isUser: true };
}

function inputsOf(session: Session, config: Config): RootInputs {
  const request = {
    uid: session.uid,
    gid: session.gid,
    env: environmentOf(session),
    rootfsMount: rootfsMount(session),
  };
  return { config, request, facts: gatherRoot(config, request) };
}

/** Where programs and their libraries are. */
function systemDirectories(): readonly string[] {
  return ['/usr', '/bin', '/lib', '/lib32', '/lib64', '/libx32', '/nix', '/gnu'].filter((path) =>
    existsSync(path),
  );
}

async function run(session: Session, program: Program, config: Config): Promise<number> {
  const maps = mapsOf(session, config);
  let refused: unknown;
  const result = await session.run(program, async ({ initPid }) => {
    try {
      await writeMaps(session, initPid, maps?.users ?? [], maps?.groups ?? []);
    } catch (error) {
      refused = error;
      throw error;
    }
  });
  if (result.kind === 'exited') return shellStatus(result.value);
  throw refused ?? (result.kind === 'failed' ? explain(program, result) : new LxcError('Failed to wait'));
}
