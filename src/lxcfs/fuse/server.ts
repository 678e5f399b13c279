/**
 * A server process of the mount, started by the keeper as `node dist/lxcfs.cjs NUMBER SETTINGS` with the descriptors of
 * src/wire/lxcfs.ts: numbers 0 and 1 answer requests, the last one samples the load. What comes from the view is
 * given in, so that tests can serve other contents.
 */

import { readFileSync } from 'node:fs';
import { LxcError } from '../../base/error.ts';
import { makeDirectories } from '../../base/make-directories.ts';
import { lxcfsFds, lxcfsSizes } from '../../wire/lxcfs.ts';
import type { OpenLoadSampler, OpenView, Profile, View } from '../contract.ts';
import { type MountRequest, serveApart } from '../fuse-native/serve.ts';
import { sysinfoPath } from '../sysinfo.ts';
import { Containers } from './containers.ts';
import { Log } from './log.ts';
import { Names } from './names.ts';
import { Router } from './router.ts';
import { serve } from './serve.ts';
import { SharedState } from './shared.ts';
import { type ServerIndex, Snapshots } from './snapshots.ts';
import { Tree } from './tree.ts';

/** What the `lxcfs` command decided; JSON on the command line of a server. */
export interface ServerSettings {
  readonly profile: Profile;
  /** A directory of this mount's own. */
  readonly state: string;
  /** Where the run directories of our containers are. */
  readonly runs: string;
  readonly debug: boolean;
  /** The server mounts by the package fuse-native. Without it the keeper mounts, and servers answer on its descriptor. */
  readonly fuseNative?: MountRequest;
}

export interface Source {
  readonly openView: OpenView;
  readonly openLoadSampler: OpenLoadSampler;
}

export const samplerNumber = lxcfsSizes.servers - 1;
const samplePeriodMs = 5000;

export function runServer(args: readonly string[], source: Source): void {
  const [number, settings] = args;
  if (number === String(samplerNumber)) sampleLoad(readSettings(settings), source);
  else if (number === '0' || number === '1') answer(number === '0' ? 0 : 1, readSettings(settings), source);
  else
    throw new LxcError('Failed to serve the proc view: this is started by the keeper', {
      hint: 'run lxcfs MOUNTPOINT',
    });
}

function answer(number: ServerIndex, settings: ServerSettings, source: Source): void {
  // An exception whose stack nobody reads costs half as much.
  Error.stackTraceLimit = 0;
  const shared = new SharedState(lxcfsFds.state, number);
  const view = source.openView({ profile: settings.profile, state: viewState(settings) });
  if (shared.fresh) warmUp(view);
  const files = {
    view,
    tree: new Tree(view.entries),
    containers: new Containers(settings.runs, (pid) => view.subjectOf(pid)),
    hostText,
    loadWanted: () => {
      if (settings.profile.loadavg) shared.wantSampler();
    },
  };
  const { debug, fuseNative: mount } = settings;
  const log = new Log();
  if (mount !== undefined) {
    serveApart({ mount, debug, shared, log, files });
    return;
  }
  const names = new Names(`${settings.state}/names`);
  const snapshots = new Snapshots(lxcfsFds.state, number);
  const router = new Router({ ...files, names, snapshots, watch: shared });
  serve({ fd: lxcfsFds.fuse, router, shared, log, housekeeping: () => view.sweep(), debug });
}

/**
 * Code runs ten times slower when it runs first, and a caller of sysinfo(2) waits for 20 ms and no longer. Before the
 * first mount nobody waits; a server that takes over has something better to do.
 */
function warmUp(view: View): void {
  const self = view.identify(process.pid);
  for (let round = 0; round < 3; round++) view.render(sysinfoPath, self);
}

/** Leaves when there is nothing to sample; the next load average that is asked for starts it again. */
function sampleLoad(settings: ServerSettings, source: Source): void {
  const sampler = source.openLoadSampler(viewState(settings));
  const timer = setInterval(() => {
    const { sampled, left } = sampler.sample();
    if (sampled + left === 0) clearInterval(timer);
  }, samplePeriodMs);
  sampler.sample();
}

/** The view keeps house in a directory that nothing else writes to. */
function viewState({ state }: ServerSettings): string {
  const directory = `${state}/view`;
  makeDirectories(directory, 0o700);
  return directory;
}

function readSettings(text: string | undefined): ServerSettings {
  // The keeper hands on what our own command wrote.
  const settings: ServerSettings = JSON.parse(text ?? '');
  return settings;
}

function hostText(path: string): Buffer {
  // What is ours alone the host does not have, whatever lies at that path.
  if (path === sysinfoPath) return Buffer.alloc(0);
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}
