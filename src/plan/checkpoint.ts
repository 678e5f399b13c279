/** What criu is told to dump and to restore a container: LXC's arguments, so that either LXC reads the images of the other. */

export interface CriuGroup {
  /** As in /proc/PID/cgroup; '' for the unified hierarchy. */
  readonly controllers: string;
  readonly path: string;
}

export interface CriuOptions {
  /** Images and logs. */
  readonly directory: string;
  readonly verbose: boolean;
  readonly actionScript?: string | undefined;
}

export interface DumpOptions extends CriuOptions {
  readonly stop: boolean;
  readonly preDump: boolean;
  /** Of the dump before, below the directory of this one. */
  readonly predumpDirectory?: string | undefined;
}

export interface DumpFacts {
  readonly criu: string;
  readonly pid: number;
  readonly groups: readonly CriuGroup[];
  /** Directory of the cgroup whose freezer criu uses. */
  readonly freezer: string | undefined;
}

export interface RestoreFacts {
  readonly criu: string;
  readonly groups: readonly CriuGroup[];
  /** Where the root file system is mounted. */
  readonly root: string;
  readonly pidfile: string;
}

type Act = 'dump' | 'pre-dump' | 'restore';

export function logOf(act: Act, { directory }: CriuOptions): string {
  return `${directory}/${act}.log`;
}

export function dumpAct({ preDump }: DumpOptions): Act {
  return preDump ? 'pre-dump' : 'dump';
}

export function dumpArguments(options: DumpOptions, facts: DumpFacts): readonly string[] {
  const before = options.predumpDirectory;
  return [
    ...common(dumpAct(options), options, facts),
    ...['-t', String(facts.pid), '--skip-in-flight'],
    ...(facts.freezer === undefined ? [] : ['--freeze-cgroup', facts.freezer]),
    ...(before === undefined ? [] : ['--prev-images-dir', before]),
    ...(options.preDump || before !== undefined ? ['--track-mem'] : []),
    '--force-irmap',
    ...(options.stop || options.preDump ? [] : ['--leave-running']),
  ];
}

export function restoreArguments(options: CriuOptions, facts: RestoreFacts): readonly string[] {
  return [
    ...common('restore', options, facts),
    ...['--root', facts.root, '--restore-detached', '--pidfile', facts.pidfile],
    ...['--ext-mount-map', 'console:', '--external', 'console:'],
  ];
}

function common(
  act: Act,
  options: CriuOptions,
  { criu, groups }: Pick<DumpFacts, 'criu' | 'groups'>,
): readonly string[] {
  const { directory, verbose, actionScript } = options;
  return [
    ...[criu, act, '--tcp-established', '--file-locks', '--link-remap', '--manage-cgroups=full'],
    ...['--ext-mount-map', 'auto', '--enable-external-sharing', '--enable-external-masters'],
    ...['--enable-fs', 'hugetlbfs', '--enable-fs', 'tracefs'],
    ...['-D', directory, '-o', logOf(act, options)],
    ...groups.flatMap(({ controllers, path }) =>
      controllers === '' ? ['--cgroup-root', path] : roots(controllers, path),
    ),
    ...(verbose ? ['-v4'] : []),
    ...(actionScript === undefined ? [] : ['--action-script', actionScript]),
  ];
}

function roots(controllers: string, path: string): readonly string[] {
  return controllers.split(',').flatMap((one) => ['--cgroup-root', `${one}:${path}`]);
}
