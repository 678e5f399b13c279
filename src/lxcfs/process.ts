/** Texts of /proc/PID, taken apart. */

export interface Status {
  readonly tgid: number;
  readonly ppid: number;
  /** Pid in each namespace, from the reader's to its own. */
  readonly nspid: readonly number[];
}

export function parseStatus(text: string): Status {
  const of = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '';
  const nspid = of('NSpid').split(/\s+/).map(Number);
  return { tgid: Number(of('Tgid')), ppid: Number(of('PPid')), nspid };
}

/** Fields behind the name, which may hold blanks and brackets: [0] is field 3, the state. */
function fields(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Field 22: clock ticks from boot to the start of the process. */
export function startOf(stat: string): number | undefined {
  const started = Number(fields(stat)[19]);
  return Number.isSafeInteger(started) ? started : undefined;
}

/** Runs, waits for a processor, or for a disk. */
export function isLoad(stat: string): boolean {
  const [state] = fields(stat);
  return state === 'R' || state === 'D';
}
