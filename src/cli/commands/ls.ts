/** lxc-ls: the containers of a container path. Containers are asked side by side, each in one batch. */

import { LxcError } from '../../base/error.ts';
import { nodeConfigIo } from '../../config/index.ts';
import { activeNames, byBytes, definedNames, isActive, readListeners } from '../../run/directory.ts';
import { type Listed, type ListingContext, listed } from '../../run/listing.ts';
import { nested } from '../../run/nested.ts';
import type { Session } from '../../run/session.ts';
import { tend } from '../../run/tend.ts';
import type { Command, Invocation } from '../command.ts';
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
    help: 'Columns of the table: NAME, STATE, PID, RAM, SWAP, AUTOSTART, GROUPS, INTERFACE, IPV4, IPV6, UNPRIVILEGED',
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
/** Containers that are asked at the same time: each takes up to ten connections. */
const atOnce = 48;

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

interface Candidate {
  readonly name: string;
  readonly active: boolean;
}

function candidates(invocation: Invocation): readonly Candidate[] {
  const { lxcpath } = invocation;
  const listening = readListeners();
  const defined = definedNames(lxcpath);
  const active = activeNames(lxcpath, listening, defined);
  const names = invocation.get(options.defined)
    ? defined
    : invocation.get(options.active)
      ? active
      : [...new Set([...defined, ...active])].sort(byBytes);
  return names.map((name) => ({ name, active: isActive({ lxcpath, name }, listening) }));
}

function matching(invocation: Invocation, all: readonly Candidate[]): readonly Candidate[] {
  const source = invocation.get(options.filter) ?? invocation.operands[0];
  if (source === undefined) return all;
  const pattern = extendedRegExp(source);
  return all.filter(({ name }) => pattern.test(name));
}

/** POSIX classes are the one thing that JavaScript's expressions lack and container names meet. */
function extendedRegExp(source: string): RegExp {
  const classes = { alnum: 'A-Za-z0-9', alpha: 'A-Za-z', digit: '0-9', lower: 'a-z', upper: 'A-Z' };
  const translated = Object.entries(classes).reduce(
    (text, [name, set]) => text.replaceAll(`[:${name}:]`, set),
    source,
  );
  try {
    return new RegExp(translated, 'u');
  } catch (error) {
    throw new LxcError(`Failed to read '${source}' as a regular expression`, { cause: error });
  }
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
    (!running || row.state !== 'STOPPED') &&
    (!frozen || row.state === 'FROZEN') &&
    (!stopped || row.state === 'STOPPED') &&
    groups.every((group) => group === '' || row.groups.includes(group));
}

interface Shown {
  readonly all: boolean;
  readonly shown: readonly Column[];
}

async function gather(
  invocation: Invocation,
  session: Session,
  names: readonly Candidate[],
  { all, shown }: Shown,
): Promise<readonly Listed[]> {
  const asked = (...some: readonly Column[]) => all || some.some((column) => shown.includes(column));
  const context: ListingContext = {
    wishes: { memory: asked('RAM', 'SWAP'), network: asked('INTERFACE', 'IPV4', 'IPV6') },
    io: nodeConfigIo(session),
    warn: (message) => invocation.warn(message),
  };
  const depth = depthOf(invocation);
  const { lxcpath } = invocation;
  const rows: Listed[] = [];
  for (let at = 0; at < names.length; at += atOnce) {
    const batch = await tended(session, lxcpath, names.slice(at, at + atOnce));
    const outer = await Promise.all(
      batch.map(({ name, active }) => listed({ lxcpath, name }, active, context)),
    );
    rows.push(...outer.flatMap((row) => [row, ...nested(row, { lxcpath, depth, context })]));
  }
  return rows;
}

/** One that lost its monitor is taken over, so that it is listed as what it is. */
async function tended(
  session: Session,
  lxcpath: string,
  names: readonly Candidate[],
): Promise<readonly Candidate[]> {
  const seen: Candidate[] = [];
  for (const { name, active } of names)
    seen.push({ name, active: active || (await tend(session, { lxcpath, name })) === 'running' });
  return seen;
}

function depthOf(invocation: Invocation): number {
  const given = invocation.get(options.nesting);
  if (given === undefined) return 0;
  return given === '' ? usualDepth : Number.parseInt(given, 10) || 0;
}
