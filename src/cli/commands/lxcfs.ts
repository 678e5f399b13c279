/** lxcfs: the proc view on a directory, with the command line of LXCFS. */

import { setTimeout as sleep } from 'node:timers/promises';
import { LxcError } from '../../base/error.ts';
import { installRoot } from '../../base/install.ts';
import { version } from '../../base/version.ts';
import type { Profile, Rules } from '../../lxcfs/contract.ts';
import { findFuse } from '../../lxcfs/fuse-native/load.ts';
import { makeProfile } from '../../lxcfs/profile.ts';
import { findKeepers, handOver, type Keeper, keeperState } from '../../run/lxcfs/keepers.ts';
import { serveView, type Transport } from '../../run/lxcfs/serve.ts';
import type { Session } from '../../run/session.ts';
import type { Command, Invocation } from '../command.ts';
import { flag, list, parsed, text } from '../option.ts';

const usageStatus = 2;

const ignored = 'Accepted as LXCFS does, without effect';

const options = {
  loadavg: flag({ short: 'l', long: 'enable-loadavg', help: 'Load averages of containers, with --compat' }),
  cfs: flag({ long: 'enable-cfs', help: 'CPUs by quota, with --compat' }),
  noSwap: flag({ short: 'u', long: 'disable-swap', help: 'Show no swap' }),
  noZswap: flag({ long: 'disable-zswap', help: 'Show no zswap' }),
  compat: parsed(
    { long: 'compat', metavar: 'RELEASE', help: 'Show what LXCFS 5.0.3 or 7.0 shows, byte for byte' },
    rules,
  ),
  pidfile: text({ short: 'p', long: 'pidfile', metavar: 'FILE', help: 'Instead of /run/lxcfs.pid' }),
  runtimeDir: text({ long: 'runtime-dir', metavar: 'DIR', help: 'Instead of /run' }),
  fuse: list({ short: 'o', long: 'options', metavar: 'OPTIONS', help: 'Mount options for FUSE' }),
  debug: flag({ short: 'd', long: 'debug', help: 'Tell every request' }),
  transport: parsed(
    {
      long: 'transport',
      metavar: 'NAME',
      help: 'dev-fuse, or fuse-native: the npm package, for the tree by name alone',
    },
    transport,
  ),
  replace: flag({ long: 'replace', help: 'Take over from the build that serves the directory' }),
  version: flag({ short: 'v', long: 'version', help: 'Print the version number' }),
  foreground: flag({ short: 'f', long: 'foreground', help: ignored }),
  single: flag({ short: 's', long: 'single', help: ignored }),
  pidfd: flag({ long: 'enable-pidfd', help: ignored }),
  psiPoll: flag({ long: 'enable-psi-poll', help: ignored }),
};

export const lxcfs: Command = {
  name: 'lxcfs',
  summary: 'Mount the proc view; also: lxcfs status, inject, eject, reattach, explain, install',
  operands: 'DIRECTORY',
  named: false,
  options: Object.values(options),
  async run(invocation, session) {
    if (invocation.get(options.version)) {
      session.out(`${version}\n`);
      return 0;
    }
    const [directory, ...more] = invocation.operands;
    if (directory === undefined || directory === '' || more.length > 0)
      throw new LxcError('Missing mountpoint', { hint: 'lxcfs /var/lib/lxcfs', exit: usageStatus });
    const mountpoint = session.resolve(directory).replace(/(?<=.)\/+$/, '');
    const keeper = findKeepers().find((one) => one.mountpoint === mountpoint);
    if (invocation.get(options.replace) && keeper !== undefined) return await replace(session, keeper);
    const [pidfile, runtimeDir] = [invocation.get(options.pidfile), invocation.get(options.runtimeDir)];
    return await serveView(session, {
      mountpoint,
      pidfile: pidfile === undefined ? undefined : session.resolve(pidfile),
      runtimeDir: runtimeDir === undefined ? undefined : session.resolve(runtimeDir),
      data: mountData(invocation.get(options.fuse)),
      profile: profileOf(invocation),
      debug: invocation.get(options.debug),
      transport: invocation.get(options.transport) ?? 'dev-fuse',
    });
  },
};

function rules(value: string): Rules {
  if (value === '5.0.3' || value === '7.0') return value;
  throw new LxcError(`Failed to show what LXCFS ${value} shows: no such rules`, {
    hint: 'give 5.0.3 or 7.0',
    exit: usageStatus,
  });
}

function transport(value: string): Transport {
  if (value !== 'dev-fuse' && value !== 'fuse-native')
    throw new LxcError(`Failed to mount by ${value}: there is no such transport`, {
      hint: 'give dev-fuse or fuse-native',
      exit: usageStatus,
    });
  if (value === 'fuse-native') findFuse();
  return value;
}

/** Our own rules have both on; an option can only add. */
function profileOf(invocation: Invocation): Profile {
  const release = invocation.get(options.compat);
  return makeProfile({
    ...(release !== undefined && { rules: release }),
    ...(invocation.get(options.cfs) && { cfs: true }),
    ...(invocation.get(options.loadavg) && { loadavg: true }),
    swap: !invocation.get(options.noSwap),
    zswap: !invocation.get(options.noZswap),
  });
}

/** What we set ourselves, or what only libfuse knows. */
const dropped =
  /^(allow_other|direct_io|(entry|attr|negative|ac_attr)_timeout(=.*)?|nonempty|intr|auto_unmount|(fsname|subtype)=.*|rw|(no)?(suid|dev|exec|atime)|defaults)$/;
const known = /^(default_permissions|max_read=\d+)$/;

/** Of `-o`, what the kernel takes. */
export function mountData(given: readonly string[]): string {
  const words = given.flatMap((one) => one.split(',')).filter((one) => one !== '' && !dropped.test(one));
  const strange = words.find((one) => !known.test(one));
  if (strange !== undefined)
    throw new LxcError(`Failed to mount with -o ${strange}: FUSE has no such option`, { exit: usageStatus });
  return words.join(',');
}

const handOverMs = 15_000;

/** Comes back when all servers are of the new build. */
async function replace(session: Session, keeper: Keeper): Promise<number> {
  if (keeper.settings.fuseNative !== undefined)
    throw new LxcError(
      `Failed to take over ${keeper.mountpoint}: with fuse-native the mount dies with its server`,
      {
        hint: `end process ${keeper.pid}, start lxcfs again, then lxcfs reattach --all`,
      },
    );
  // Also one that has only just been started and does not serve yet.
  const before = keeperState(keeper)?.servers ?? [];
  handOver(keeper, installRoot);
  for (const end = Date.now() + handOverMs; Date.now() < end; await sleep(50)) {
    const state = keeperState(keeper);
    const all = state?.serving.length === state?.servers.length;
    if (state !== undefined && all && !state.serving.some((pid) => before.includes(pid))) {
      session.out(`${keeper.mountpoint}: process ${keeper.pid} goes on with ${installRoot}\n`);
      return 0;
    }
  }
  throw new LxcError(`Failed to take over ${keeper.mountpoint}: its servers did not change in time`, {
    hint: `see what process ${keeper.pid} says`,
  });
}
