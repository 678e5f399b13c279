/** lxc-ls: the containers of a container path. Containers are asked side by side, each in one batch. */

import { nodeConfigIo } from '../../config/index.ts';
import { type Candidate, findCandidates, listContainers } from '../../run/list.ts';
import type { Listed, ListingContext } from '../../run/listing.ts';
import type { Session } from '../../run/session.ts';
import type { Command, Invocation } from '../command.ts';
import { extendedRegExp } from '../extended-regexp.ts';
import { format, jsonText } from '../format.ts';
import { type Column, defaultColumns, lsJson, lsText, parseColumns } from '../ls-text.ts';
import { flag, list, maybe, text } from '../option.ts';
import { namesText } from '../table.ts';

const options = {
  line: flag({ short: '1', long: 'line', help: 'Show one name per line' }),
  fancy: flag({ short: 'f', long: 'fancy', help: 'Show a table' }),
  fancyFormat: text({
    short: 'F',
    long: 'fancy-format',
    metavar: 'COLUMNS',
    help: 'Columns of the table: NAME, STATE, PID, RAM, SWAP, CPU, IO, PIDS, AUTOSTART, GROUPS, INTERFACE, IPV4, IPV6, UNPRIVILEGED',
  }),
  active: flag({ long: 'active', help: 'Only containers that run or are frozen' }),
  running: flag({ long: 'running', help: 'Only containers that run' }),
  frozen: flag({ long: 'frozen', help: 'Only frozen containers' }),
  stopped: flag({ long: 'stopped', help: 'Only stopped containers' }),
  defined: flag({ long: 'defined', help: 'Only containers with a configuration' }),
  nesting: maybe({ long: 'nesting', metavar: 'DEPTH', help: 'Containers in containers too, 5 levels deep' }),
  filter: text({ long: 'filter', metavar: 'REGEX', help: 'Only names that match; also without --filter' }),
  groups: list({
    short: 'g',
    long: 'groups',
    metavar: 'GROUPS',
    help: 'Only containers in all these groups',
  }),
  format,
} as const;

const usualDepth = 5;

export const ls: Command = {
  name: 'lxc-ls',
  summary: 'List containers',
  operands: '[REGEX]',
  named: false,
  options: Object.values(options),
  async run(invocation, session) {
    const shown = columnsOf(invocation);
    if ('invalid' in shown) {
      session.err(`Invalid key: ${shown.invalid}\n`);
      return 0;
    }
    const names = matching(invocation, candidates(invocation));
    session.out(await render(invocation, session, names, shown.columns));
    return 0;
  },
};

function columnsOf(invocation: Invocation): ReturnType<typeof parseColumns> {
  const given = invocation.get(options.fancyFormat);
  const isTable = invocation.get(options.fancy);
  return given === undefined || !isTable ? { columns: defaultColumns } : parseColumns(given);
}

function candidates(invocation: Invocation): readonly Candidate[] {
  const [defined, active] = [options.defined, options.active].map((option) => invocation.get(option));
  return findCandidates(invocation.lxcpath, defined ? 'defined' : active ? 'active' : 'all');
}

function matching(invocation: Invocation, all: readonly Candidate[]): readonly Candidate[] {
  const source = invocation.get(options.filter) ?? invocation.operands[0];
  if (source === undefined) return all;
  const pattern = extendedRegExp(source);
  return all.filter(({ name }) => pattern.test(name));
}

async function render(
  invocation: Invocation,
  session: Session,
  names: readonly Candidate[],
  shown: readonly Column[],
): Promise<string> {
  const asJson = invocation.get(options.format) === 'json';
  const isTable = asJson || invocation.get(options.fancy);
  if (!isTable && !needsFacts(invocation)) return plainText(invocation, session, names);
  const rows = (await gather(invocation, session, names, { all: asJson, shown })).filter(
    wantedBy(invocation),
  );
  if (asJson) return jsonText(lsJson(rows));
  return isTable ? lsText(rows, shown) : plainText(invocation, session, rows);
}

/** A plain list of names asks nobody. */
function needsFacts(invocation: Invocation): boolean {
  const { running, frozen, stopped } = options;
  const states = [running, frozen, stopped].some((option) => invocation.get(option));
  return states || invocation.get(options.groups).length > 0 || invocation.get(options.nesting) !== undefined;
}

function plainText(
  invocation: Invocation,
  session: Session,
  rows: readonly { readonly name: string }[],
): string {
  const names = rows.map(({ name }) => name);
  if (invocation.get(options.line)) return names.map((name) => `${name}\n`).join('');
  return namesText(names, session.isatty.stdout ? session.window.columns : 0);
}

function wantedBy(invocation: Invocation): (row: Listed) => boolean {
  const groups = invocation
    .get(options.groups)
    .flatMap((text) => text.split(',').map((group) => group.trim()));
  const [running, frozen, stopped] = [options.running, options.frozen, options.stopped].map((option) =>
    invocation.get(option),
  );
  return (row) =>
    (!running || (row.state ?? 'STOPPED') !== 'STOPPED') &&
    (!frozen || row.state === 'FROZEN') &&
    (!stopped || row.state === 'STOPPED') &&
    groups.every((group) => group === '' || row.groups.includes(group));
}

interface Shown {
  readonly all: boolean;
  readonly shown: readonly Column[];
}

function gather(
  invocation: Invocation,
  session: Session,
  names: readonly Candidate[],
  { all, shown }: Shown,
): Promise<readonly Listed[]> {
  const asked = (...some: readonly Column[]) => all || some.some((column) => shown.includes(column));
  const context: ListingContext = {
    wishes: {
      memory: asked('RAM', 'SWAP', 'CPU', 'IO', 'PIDS'),
      network: asked('INTERFACE', 'IPV4', 'IPV6'),
    },
    io: nodeConfigIo(session),
    warn: (message) => invocation.warn(message),
  };
  return listContainers(session, names, { lxcpath: invocation.lxcpath, depth: depthOf(invocation), context });
}

function depthOf(invocation: Invocation): number {
  const given = invocation.get(options.nesting);
  if (given === undefined) return 0;
  return given === '' ? usualDepth : Number.parseInt(given, 10) || 0;
}
