/** The proc view: identity, rules, state and files put together. The FUSE server and `lxcfs explain` use it. */

import { readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type CgroupLayout, readLayout } from '../cgroup/layout.ts';
import { answer, ruleFor, type State, visible } from './answer.ts';
import type { Entry, Subject, View, ViewOptions } from './contract.ts';
import { explainFile } from './explain.ts';
import { type Files, openFiles } from './files.ts';
import { type Groups, groupsOf } from './groups.ts';
import { openIdentity } from './identity.ts';
import type { Inquiry, Source } from './inquiry.ts';
import { askKey, cpuKey, loadKey, removeOrphans } from './kept.ts';
import { emptyLoad, nextLoad } from './load.ts';
import { type Kept, Recall } from './recall.ts';
import { fileStore, memoryStore, type Store } from './store.ts';
import { sysinfoPath } from './sysinfo.ts';
import { taskGroup } from './task-group.ts';
import { countTasks } from './tasks.ts';
import { keptTree } from './tree.ts';

/** The sampler is told again well before it loses interest. */
const askMs = 60_000;
/** A first read counts the tasks itself, but not many. */
const firstBudget = { states: 50, directories: 20 };

export function openView({ profile, state: directory }: ViewOptions): View {
  const files = openFiles();
  const source = profile.rules === 'default' ? withSlowHost(files) : files;
  const store = directory === undefined ? memoryStore() : fileStore(directory);
  const layout = hostLayout(files);
  const identity = openIdentity(files);
  const groups = new WeakMap<Subject, Groups>();
  const loads = openLoads(files, store, directory);
  let cleaned = performance.now();

  const inquire = (subject: Subject, from: Source = subject.host ? files : source): Inquiry => {
    const group = groups.get(subject) ?? groupsOf(layout, subject.cgroups);
    groups.set(subject, group);
    const { init, started, host } = subject;
    return { source: from, profile, init, started, host, group };
  };

  const make = (path: string, subject: Subject, inquiry: Inquiry): Buffer => {
    const state = stateFor(path, subject, store, () => loads(subject, inquiry));
    const made = answer(path, inquiry, state);
    if (made.state !== undefined) store.write(cpuKey(subject.key), made.state);
    return Buffer.from(made.text, 'latin1');
  };

  const recall = new Recall();
  const keptFor = (path: string, subject: Subject): Kept | undefined => {
    if (!withAccount.has(path)) return undefined;
    const key = cpuKey(subject.key);
    return { matches: (text) => store.holds(key, text), now: () => store.text(key) };
  };

  const bytesOf = (path: string, subject: Subject): Buffer => {
    if (ruleFor(path, { profile }) === undefined) return Buffer.from(files.read(path) ?? '', 'latin1');
    if (subject.host || withLoad.has(path) || profile.rules !== 'default')
      return make(path, subject, inquire(subject));
    return recall.bytes(path, subject, source, keptFor(path, subject), (from) =>
      make(path, subject, inquire(subject, from)),
    );
  };

  const render = (path: string, subject: Subject): Buffer => {
    try {
      return bytesOf(path, subject);
    } catch {
      const text = path === sysinfoPath ? undefined : files.read(path);
      return Buffer.from(text ?? '', 'latin1');
    }
  };

  return {
    profile,
    entries: keptTree(files, profile, directory),
    identify: identity.identify,
    subjectOf: identity.subjectOf,
    mayAsk: identity.mayAsk,
    isVisible: visibility(inquire),
    render,
    explain: (path, subject) => explainFile(path, (source) => inquire(subject, source), files),
    sweep: () => {
      identity.sweep();
      files.sweep();
      store.sweep();
      if (directory !== undefined && performance.now() - cleaned > cleaningMs) {
        cleaned = performance.now();
        removeOrphans(files, directory);
      }
    },
  };
}

const cleaningMs = 5 * 60_000;

/**
 * Files of the host from which our rules take names and constants, never a number that moves. They are slow to read:
 * the numbers in them are gathered from all CPUs. And the limits of the root of a hierarchy: it has none, unless it is
 * the root of a container that we are in.
 */
const slowFiles =
  /^\/proc\/(?:stat|meminfo|vmstat|cpuinfo|diskstats)$|^\/sys\/fs\/cgroup\/[^/]+\/memory\.(?:memsw\.)?limit_in_bytes$/;
const slowMs = 1000;
const mostPaths = 4096;

function withSlowHost(files: Files): Source {
  const known = new Map<string, { readonly text: string | undefined; readonly at: number } | 'live'>();
  return {
    text: (path) => {
      const found = known.get(path) ?? kindOf(path);
      if (found === 'live') return files.text(path);
      const now = performance.now();
      if (found !== undefined && now - found.at < slowMs) return found.text;
      const text = files.text(path);
      known.set(path, { text, at: now });
      return text;
    },
  };

  function kindOf(path: string): 'live' | undefined {
    if (slowFiles.test(path)) return undefined;
    // Containers come and go.
    if (known.size >= mostPaths) known.clear();
    known.set(path, 'live');
    return 'live';
  }
}

function hostLayout(files: Files): CgroupLayout {
  return readLayout({
    mountinfo: readFileSync('/proc/self/mountinfo', 'utf8'),
    own: files.read('/proc/self/cgroup') ?? '',
    init: files.read('/proc/1/cgroup') ?? '',
    offers: (mount) => files.read(`${mount}/cgroup.controllers`) ?? '',
  });
}

type Load = () => State['load'];

/** They go on from a CPU account. */
const withAccount: ReadonlySet<string> = new Set(['/proc/stat', '/proc/uptime']);
const withLoad: ReadonlySet<string> = new Set(['/proc/loadavg', sysinfoPath]);

function stateFor(path: string, subject: Subject, store: Store, load: Load): State {
  if (withAccount.has(path)) return store.read(cpuKey(subject.key)) ?? {};
  const found = withLoad.has(path) ? load() : undefined;
  return found === undefined ? {} : { load: found };
}

/** The load of a subject as the sampler has it; the sampler is asked to go on. */
function openLoads(files: Files, store: Store, directory: string | undefined) {
  const asked = new Map<string, number>();
  return ({ key, init, started, host }: Subject, inquiry: Inquiry): State['load'] => {
    const [own] = taskGroup(inquiry)?.levels ?? [];
    if (host || !inquiry.profile.loadavg || own === undefined) return undefined;
    const now = performance.now();
    if (now - (asked.get(key) ?? Number.NEGATIVE_INFINITY) > askMs) {
      store.write(askKey(key), { request: { init, started, directories: [own] } });
      touch(directory, askKey(key));
      asked.set(key, now);
    }
    const known = store.read(loadKey(key))?.load;
    if (known !== undefined || inquiry.profile.rules !== 'default') return known;
    return nextLoad(emptyLoad, countTasks(files, [own], firstBudget), 0);
  };
}

/** Writing the same text need not change the time of a file that the sampler looks at. */
function touch(directory: string | undefined, key: string): void {
  if (directory === undefined) return;
  const now = new Date();
  try {
    utimesSync(join(directory, key), now, now);
  } catch {
    // The sampler has just taken it away: the next read in a minute says it again.
  }
}

/** A directory is listed entry by entry: the CPUs are not looked up for each of them. */
const listingMs = 20;

function visibility(inquire: (subject: Subject) => Inquiry) {
  let known: { readonly key: string; readonly at: number; readonly cpus: ReadonlySet<number> } | undefined;
  return ({ cpu }: Entry, subject: Subject): boolean => {
    const inquiry = inquire(subject);
    if (cpu === undefined || inquiry.profile.rules !== 'default') return true;
    const now = performance.now();
    if (known === undefined || known.key !== subject.key || now - known.at > listingMs)
      known = { key: subject.key, at: now, cpus: new Set(visible(inquiry)) };
    return known.cpus.has(cpu);
  };
}
