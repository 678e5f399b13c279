/** `lxcfs explain`: each line of a file with the rule that makes it and the inputs that the rule speaks of. */

import { answer } from './answer.ts';
import type { Explanation } from './contract.ts';
import { type Inquiry, own, type Source } from './inquiry.ts';
import { meminfoRow } from './meminfo.ts';
import { memoryFiles } from './memory.ts';
import { sysinfoFormula, sysinfoPath } from './sysinfo.ts';
import { vmstatRow } from './vmstat.ts';

type Seen = ReadonlyMap<string, string>;

export function explainFile(
  path: string,
  inquire: (source: Source) => Inquiry,
  files: Source,
): readonly Explanation[] {
  const seen = new Map<string, string>();
  const recording: Source = {
    text: (file) => {
      const text = files.text(file);
      if (text !== undefined) seen.set(file, text);
      return text;
    },
  };
  const inquiry = inquire(recording);
  const { text } = answer(path, inquiry, {});
  showLimit(inquiry);
  const ours = inquiry.profile.rules === 'default';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const formula = ours ? formulaOf(path, line) : `as LXCFS ${inquiry.profile.rules} does it`;
      return { line, formula, inputs: inputsOf(formula, line, seen) };
    });
}

/** The rules take it from memory.stat where they can; who asks is shown the file that he would change. */
function showLimit(inquiry: Inquiry): void {
  const group = inquiry.group('memory');
  if (group !== undefined) own(inquiry, group, memoryFiles[group.version].memory[0]);
}

const formulas: Readonly<Record<string, string>> = {
  '/proc/cpuinfo': 'the host stanza of each visible CPU: cpuset, cut to the quota rounded up',
  '/proc/diskstats':
    'io.stat (v1: blkio.throttle, blkio.bfq): operations and bytes/512; times are unknown and 0',
  '/proc/loadavg': 'tasks of the cgroup that run or wait for a disk, sampled every 5 s while somebody reads',
  '/proc/pressure/cpu': 'cpu.pressure of the cgroup',
  '/proc/pressure/io': 'io.pressure of the cgroup',
  '/proc/pressure/memory': 'memory.pressure of the cgroup',
  '/proc/slabinfo': 'memory.kmem.slabinfo of the cgroup (v1 before 5.9), else the head alone',
  '/proc/swaps': 'swap limit and swap used of the cgroup',
  '/proc/uptime': 'age of init; time that the CPUs of its quota and cpuset could have used and did not',
  '/proc/stat':
    'user and system time used, as the cgroup counts it; idle is age * CPUs (cpuset, quota) - used',
};

function formulaOf(path: string, line: string): string {
  const [name = ''] = line.split(/[:\s]/);
  if (path === '/proc/meminfo') return meminfoRow(line.slice(0, line.indexOf(':'))).formula;
  if (path === '/proc/vmstat') return vmstatRow(name).formula;
  if (path === sysinfoPath) return sysinfoFormula(name);
  if (path === '/proc/stat' && name === 'btime') return 'btime of the host + start of init';
  if (path === '/proc/stat' && !name.startsWith('cpu'))
    return 'not counted for a cgroup: 0, or 1 for the reader';
  return formulas[path] ?? 'the visible CPUs: cpuset, cut to the quota rounded up';
}

/** Which files a rule speaks of, when its text has such a word. */
const topics: readonly (readonly [word: RegExp, file: RegExp])[] = [
  [/\blimit\b|MemFree/, /memory\.(limit_in_bytes|max)$/],
  [/\busage\b|MemFree/, /memory\.(usage_in_bytes|current)$/],
  [/swap/i, /memory\.(memsw|swap)/],
  [/\bquota\b/, /cpu\.(max|cfs_quota_us|cfs_period_us)$/],
  [/\bcpuset\b/, /cpuset\.|cpu\/online$/],
  [/\bused\b/, /cpuacct\.|cpu\.stat$/],
  [/\bage\b/, /^\/proc\/uptime$/],
  [/io\.stat/, /io\.stat$|blkio\./],
  [/pressure/, /\.pressure$/],
  [/oom_kill/, /memory\.(events|oom_control)$/],
];

function inputsOf(formula: string, line: string, seen: Seen): Explanation['inputs'] {
  const whole = topics.flatMap(([word, file]) => (word.test(formula) ? matching(seen, file) : []));
  return [...whole, ...rowsNamed(formula, line, seen)];
}

function matching(seen: Seen, file: RegExp): Explanation['inputs'] {
  const found = [...seen].filter(([path]) => file.test(path));
  return found.map(([path, text]) => ({ path, value: text.trim() }));
}

/** Of a table, the rows whose names stand in the rule; of the host's file, the line itself. */
function rowsNamed(formula: string, line: string, seen: Seen): Explanation['inputs'] {
  const words = new Set(formula.match(/\w+/g) ?? []);
  const [label = ''] = line.split(/[:\s]/);
  return [...seen].flatMap(([path, text]) => {
    const isStat = path.endsWith('/memory.stat');
    const isHost = /^\/proc\/(meminfo|stat)$/.test(path) && /\bhost\b/.test(formula);
    if (!isStat && !isHost) return [];
    const rows = text.split('\n').filter((row) => {
      const [name = ''] = row.split(/[:\s]/);
      return isStat ? words.has(name) : name === label;
    });
    return rows.map((value) => ({ path, value }));
  });
}
