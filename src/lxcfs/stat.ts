/**
 * /proc/stat and /proc/uptime by our rules: both from the container's CPU account, so that they agree with each
 * other and with the CPUs of cpuinfo. Counters that the kernel has for the whole host only are 0.
 */

import { type Account, advance, type Cell, totals } from './account.ts';
import { type AgeInputs, ageOf, collectAge, seconds } from './age.ts';
import { type CpuInputs, collectCpus, cpusOf } from './cpus.ts';
import type { Inquiry } from './inquiry.ts';
import { collectUsage, type UsageInputs, usageOf } from './usage.ts';

export interface AccountInputs {
  readonly cpus: CpuInputs;
  readonly usage: UsageInputs;
  readonly age: AgeInputs;
}

export interface StatInputs extends AccountInputs {
  /** /proc/stat of the host. */
  readonly host: string;
  /** Tasks that ran when the load was last sampled. */
  readonly running: number | undefined;
}

export function collectAccount(inquiry: Inquiry): AccountInputs {
  return { cpus: collectCpus(inquiry), usage: collectUsage(inquiry), age: collectAge(inquiry) };
}

export function nextAccount(account: Account, { cpus, usage, age }: AccountInputs): Account {
  return advance(account, usageOf(usage), cpusOf(cpus), ageOf(age));
}

export function renderUptime(account: Account): string {
  return `${seconds(account.age)} ${seconds(totals(account).idle)}\n`;
}

export function renderStat(account: Account, inputs: StatInputs): string {
  const { visible } = cpusOf(inputs.cpus);
  const rows = visible.map((cpu) => cpuLine(`cpu${cpu}`, account.cells[cpu]));
  return [cpuLine('cpu ', totals(account)), ...rows, ...otherLines(inputs)]
    .map((line) => `${line}\n`)
    .join('');
}

function cpuLine(name: string, cell: Cell | undefined): string {
  return `${name} ${cell?.user ?? 0} 0 ${cell?.system ?? 0} ${cell?.idle ?? 0} 0 0 0 0 0 0`;
}

/** The host's lines in the host's order. Of the columns behind a sum (interrupts by number) the sum alone stays. */
function otherLines(inputs: StatInputs): readonly string[] {
  const tail = tailOf(inputs.host);
  return tail.names.map((name) => `${name} ${otherValue(name, inputs, tail)}`);
}

function otherValue(name: string, { age, running }: StatInputs, { bootTime }: Tail): string {
  // The container came up when its init started.
  if (name === 'btime') return String(bootTime + Math.floor(age.started / 100));
  // Whoever reads this is running.
  if (name === 'procs_running') return String(Math.max(1, running ?? 1));
  return name === 'softirq' ? '0 0 0 0 0 0 0 0 0 0 0' : '0';
}

/** What is used of the host's lines, which the daemon reads once a second at most. */
interface Tail {
  readonly names: readonly string[];
  readonly bootTime: number;
}

let known: { readonly host: string; readonly tail: Tail } | undefined;

function tailOf(host: string): Tail {
  if (known?.host === host) return known.tail;
  const names = [...host.matchAll(/^(?!cpu)([a-z_]+) /gm)].map((match) => match[1] ?? '');
  const tail = { names, bootTime: Number(/^btime (\d+)$/m.exec(host)?.[1] ?? 0) };
  known = { host, tail };
  return tail;
}
