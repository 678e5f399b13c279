/** lxc.container.conf(5) from the table of keys, and lxc.conf(5) from that of the installation's settings. */

import { version } from '../../src/base/version.ts';
import { describeKeys, type KeyFacts } from '../../src/config/describe.ts';
import { systemKeys } from '../../src/config/index.ts';
import {
  bold,
  example,
  italic,
  item,
  line,
  page,
  paragraph,
  roff,
  section,
  seeAlso,
  subsection,
} from './roff.ts';

export function containerConfPage(): string {
  const areas = Map.groupBy(describeKeys(), ({ pattern }) => areaOf(pattern));
  return page(
    { name: 'lxc.container.conf', section: 5, summary: 'configuration of a container', version },
    section('DESCRIPTION', ...grammar),
    section('KEYS', ...[...areas].map(([area, facts]) => subsection(`"${area}"`, ...facts.map(keyItem)))),
    section(
      'EXAMPLE',
      line('A system with a network of its own, behind the bridge of the host:'),
      ...containerExample,
    ),
    seeAlso([
      ['lxc-config', 1],
      ['lxc-start', 1],
      ['lxc.conf', 5],
    ]),
  );
}

const grammar = [
  line('Each line is ', italic('KEY'), ' = ', italic('VALUE'), ', empty, or a comment that starts with #.'),
  line(
    'A pair of quotes around the whole value is taken off; nothing continues on the next line, and # within a',
  ),
  line(
    'value is part of it. A key that repeats adds to the lines before it, any other is replaced by the last line;',
  ),
  line(
    'an empty value clears what stands before it. Keys of older versions are read and told with their successor,',
  ),
  line('unknown ones are refused. Lines that start with neither lxc. nor lxcts. are left to other programs.'),
  paragraph,
  line(bold('lxc-config explain'), ' ', italic('KEY'), ' shows one key of this page.'),
];

const containerExample = [
  example(
    'lxc.uts.name = foo',
    'lxc.rootfs.path = dir:/var/lib/lxc/foo/rootfs',
    'lxc.mount.auto = proc:mixed sys:ro',
    'lxc.net.0.type = veth',
    'lxc.net.0.link = lxcbr0',
    'lxc.net.0.flags = up',
    'lxc.cgroup2.memory.max = 256M',
  ),
];

/** `lxc.net.<n>.type` belongs to `lxc.net`. */
function areaOf(pattern: string): string {
  return pattern.split('.').slice(0, 2).join('.');
}

function keyItem(facts: KeyFacts): string {
  const value = facts.value === '' ? '' : ` ${italic(facts.value)}`;
  return item(`${bold(facts.pattern)} =${value}`, ...remarks(facts).map((remark) => line(roff(remark))));
}

function remarks(facts: KeyFacts): readonly string[] {
  const { choices, names, removed } = facts;
  return [
    facts.summary,
    ...(facts.repeats ? ['May repeat.'] : []),
    ...(facts.default === undefined ? [] : [`Default: ${facts.default}.`]),
    ...(choices === undefined ? [] : [`Values: ${choices.join(', ')}.`]),
    ...(names === undefined ? [] : [`Names: ${names.join(', ')}.`]),
    ...(facts.effect === 'none' && !facts.clears ? ['A start does nothing with it; other commands do.'] : []),
    ...facts.spellings.map(({ name, since, until }) => `Spelled ${name} from ${since} to ${until}.`),
    `${facts.pattern.startsWith('lxcts.') ? 'A key of lxc-ts, since' : 'Since'} ${facts.since}${removed === undefined ? '' : `, in LXC until ${removed}`}.`,
  ];
}

export function confPage(): string {
  return page(
    { name: 'lxc.conf', section: 5, summary: 'settings of the installation', version },
    section(
      'DESCRIPTION',
      line(
        'Read from ',
        bold('/etc/lxc/lxc.conf'),
        ' by root, and from ',
        bold('~/.config/lxc/lxc.conf'),
        ' by others.',
      ),
      line(
        'Each line is ',
        italic('KEY'),
        ' = ',
        italic('VALUE'),
        '; lines with other keys are passed over.',
      ),
      line(bold('lxc-config'), ' ', italic('KEY'), ' prints a setting, also where it is the default.'),
    ),
    section('KEYS', ...systemKeys.map(({ name, doc }) => item(bold(name), line(roff(doc))))),
    seeAlso([
      ['lxc-config', 1],
      ['lxc.container.conf', 5],
    ]),
  );
}
