/** The generated part of docs/performance.md: machine, verdicts, tables and where the plots are. */

import type { Figures, Machine, PairFigure, Rerun, Spread } from '../figures.ts';
import { crowdTables } from './crowds.ts';
import { plot, short, table } from './markdown.ts';
import { type Verdict, verdictsOf } from './verdicts.ts';
import { viewTables } from './view.ts';

export function reportText(figures: Figures): string {
  const { pairs, leftOut } = figures;
  const lxc = pairs.filter(({ peer }) => peer === 'C LXC');
  const others = pairs.filter(({ peer }) => peer !== 'C LXC');
  const parts = [
    machineText(figures.machine),
    ...(figures.reruns ?? []).map(rerunText),
    '## Against the targets',
    verdictText(verdictsOf(figures)),
    plot('ratios', 'Time or size of ours as a part of the peer’s, for each row, with the targets'),
    ...(lxc.length > 0 ? ['## Commands beside those of C LXC', pairTable(lxc)] : []),
    ...(others.length > 0 ? ['## Beside others', pairTable(others)] : []),
    ...(pairs.length > 0
      ? [
          plot('times-hot', 'Milliseconds of each row, command after command, median and p10 to p90'),
          plot('times-idle', 'The same with a pause of 60 ms before each command'),
        ]
      : []),
    ...crowdTables(figures),
    ...viewTables(figures),
    ...(leftOut.length > 0 ? ['## Not measured', ...leftOut.map(leftOutText)] : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

function machineText(machine: Machine): string {
  const { cpus, processor, memoryMb, kernel, cgroups, ownRun, load, rounds, day } = machine;
  const gigabytes = (memoryMb / 1024).toFixed(0);
  const versions = Object.entries(machine.versions).map((words) => words.join(' '));
  const layout = cgroups === 'hybrid' ? 'cgroup v1 with v2 beside it (hybrid)' : `cgroup ${cgroups}`;
  const place = ownRun === true ? ', a tmpfs of the benchmark’s own on /run (the machine’s is a disk)' : '';
  return `${cpus} CPUs (${processor}), ${gigabytes} GB, kernel ${kernel}, ${layout}${place}, load ${load.toFixed(2)} before; ${rounds} rounds, ${day}.
${versions.join(', ')}.`;
}

function rerunText({ what, day, load, rounds }: Rerun): string {
  return `Measured again on ${day} (load ${load.toFixed(2)} before, ${rounds} rounds): ${what.join(', ')}.`;
}

// ---- targets ----

function verdictText(verdicts: readonly Verdict[]): string {
  const word = ({ meets }: Verdict) =>
    meets === undefined ? 'not measured' : meets ? 'meets' : '**misses**';
  const rows = verdicts.map((one) => [one.what, one.peer, one.target, one.measured, word(one)]);
  const measured = verdicts.filter(({ meets }) => meets !== undefined);
  const met = measured.filter(({ meets }) => meets).length;
  return `${met} of ${measured.length} are met.\n\n${table(['What', 'Peer', 'Target', 'Measured', ''], rows)}`;
}

// ---- pairs ----

function pairTable(pairs: readonly PairFigure[]): string {
  const same = new Set(pairs.map(({ peer }) => peer)).size === 1;
  const head = ['What', ...(same ? [] : ['Beside']), 'Mode', 'Ours ms (p10-p90)', 'Theirs', 'Ratio'];
  const rows = pairs.map((figure) => [
    figure.title,
    ...(same ? [] : [figure.peer]),
    figure.mode,
    spreadText(figure.ours),
    spreadText(figure.theirs),
    figure.ratio.toFixed(figure.ratio < 0.1 ? 3 : 2),
  ]);
  return table(head, rows);
}

function spreadText({ median, p10, p90 }: Spread): string {
  return `${short(median)} (${short(p10)}-${short(p90)})`;
}

function leftOutText({ what, why }: Figures['leftOut'][number]): string {
  return `- ${what}: ${why.replaceAll('\n', '; ')}`;
}
