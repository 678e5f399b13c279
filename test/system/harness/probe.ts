/** What test/system/probe.c prints, and the questions that tests ask of it. */

export interface Node {
  readonly type: string;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly device: string;
  readonly target: string;
}

export interface Probe {
  readonly pid: number;
  readonly ppid: number;
  readonly sid: number;
  readonly pgid: number;
  /** Real, effective, saved. */
  readonly uid: readonly number[];
  readonly gid: readonly number[];
  readonly groups: readonly number[];
  readonly umask: number;
  readonly hostname: string;
  readonly machine: string;
  readonly cwd: string;
  readonly personality: number;
  readonly noNewPrivs: number;
  readonly pdeathsig: number;
  /** Serial number of the key; -1 without keys in the kernel. */
  readonly sessionKeyring: number;
  readonly caps: Readonly<Record<'effective' | 'permitted' | 'inheritable' | 'bounding' | 'ambient', string>>;
  readonly limits: Readonly<Record<string, readonly [number, number]>>;
  readonly env: readonly string[];
  readonly tty: readonly string[];
  readonly controllingTty: boolean;
  readonly fds: Readonly<Record<string, string>>;
  readonly ns: Readonly<Record<string, string>>;
  readonly dev: Readonly<Record<string, Node>>;
  /** Files of /proc/self as they are, absent where the container has no /proc. */
  readonly mountinfo: string | null;
  readonly cgroup: string | null;
  readonly status: string | null;
  readonly oomScoreAdj: string | null;
  readonly bootId: string | null;
}

export interface Mount {
  readonly root: string;
  readonly target: string;
  readonly options: readonly string[];
  /** `shared:N`, `master:N`; empty for a private mount. */
  readonly propagation: readonly string[];
  readonly fstype: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

export function parseProbe(text: string): Probe {
  const value: unknown = JSON.parse(text);
  if (!isProbe(value)) throw new Error(`This is no report of the probe: ${text}`);
  return value;
}

/** The probe and this file are one piece; a report with a pid is whole. */
function isProbe(value: unknown): value is Probe {
  return typeof value === 'object' && value !== null && 'pid' in value && 'bootId' in value;
}

export function mountsOf(probe: Probe): Mount[] {
  return (probe.mountinfo ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map(parseMount);
}

/** The topmost mount on `target`. */
export function mountOn(probe: Probe, target: string): Mount | undefined {
  return mountsOf(probe).findLast((mount) => mount.target === target);
}

function parseMount(line: string): Mount {
  const [left = '', right = ''] = line.split(' - ');
  const [, , , root = '', target = '', options = '', ...propagation] = left.split(' ');
  const [fstype = '', source = '', superOptions = ''] = right.split(' ');
  return {
    root,
    target,
    options: options.split(','),
    propagation,
    fstype,
    source,
    superOptions: superOptions.split(','),
  };
}

/** Whether a capability's bit is set in a hexadecimal set. */
export function hasCap(set: string, bit: number): boolean {
  return ((BigInt(`0x${set}`) >> BigInt(bit)) & 1n) === 1n;
}

export function envOf(probe: Probe): Record<string, string> {
  return Object.fromEntries(
    probe.env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}
