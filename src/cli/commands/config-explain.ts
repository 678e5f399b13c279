/** lxc-config explain: one key of a container's configuration, from the table that the parser reads it by. */

import { LxcError } from '../../base/error.ts';
import { describeKey, type KeyFacts, nearestKey } from '../../config/describe.ts';
import type { Command } from '../command.ts';
import { format, jsonText } from '../format.ts';

export const configExplain: Command = {
  name: 'lxc-config explain',
  summary: 'Tell what a key of a container is for',
  operands: 'KEY',
  named: false,
  options: [format],
  run(invocation, session) {
    // What stands behind the options, of a command without a container.
    const [asked, ...more] = invocation.operands;
    if (asked === undefined || more.length > 0)
      throw new LxcError('Failed to explain: one key is wanted', {
        hint: 'as in lxc-config explain lxc.uts.name',
      });
    const facts = describeKey(asked);
    if (facts === undefined) throw unknown(asked);
    session.out(invocation.get(format) === 'json' ? jsonText(facts) : factsText(facts, asked));
    return 0;
  },
};

function unknown(asked: string): LxcError {
  const near = nearestKey(asked);
  return new LxcError(`Failed to explain ${asked}: no version has such a key`, {
    hint: near === undefined ? 'lxc.container.conf(5) lists all' : `did you mean ${near}?`,
  });
}

export function factsText(facts: KeyFacts, asked: string): string {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Value', facts.value === '' ? 'none, which clears the keys below it' : facts.value],
    ['Values', facts.choices?.join(', ')],
    ['Names', facts.names?.join(', ')],
    ['Default', facts.default],
    [
      'Lines',
      facts.clears ? undefined : facts.repeats ? 'add up; an empty value clears them' : 'the last one counts',
    ],
    ['Start', facts.effect === 'start' ? 'acts on it' : 'does nothing with it; other commands do'],
    ['Since', `${facts.since}${facts.removed === undefined ? '' : `, in LXC until ${facts.removed}`}`],
    ...facts.spellings.map(
      ({ name, since, until }) => ['Spelled', `${name} (${since} to ${until})`] as const,
    ),
    ['Proof', 'docs/keys.md names the test that sees it'],
  ];
  const now = asked === facts.key ? '' : `${asked} is ${facts.key} now.\n`;
  const lines = rows.flatMap(([label, text]) =>
    text === undefined ? [] : [`  ${`${label}:`.padEnd(10)}${text}\n`],
  );
  return `${now}${facts.key}\n  ${facts.summary}\n\n${lines.join('')}`;
}
