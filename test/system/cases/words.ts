/** What the cases are said in: what there is before a command, who runs it, and looks at what it has changed. */

import type { Case, Difference, Play } from '../harness/case.ts';
import type { Result } from '../harness/commands.ts';
import { Screen } from '../harness/screen.ts';
import { User } from '../harness/user.ts';

type Rest = Omit<Case, 'args' | 'before'>;

/** Arguments with blanks between them. */
const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');

const after =
  (before: Case['before']) =>
  (args: string, rest: Rest = {}): Case => ({ args: words(args), before, ...rest });

export const nothing = after('nothing');
export const stopped = after('stopped');
export const running = after('running');
export const frozen = after('frozen');

export const badOption = nothing('--bogus');
export const noName = nothing('');

/** By a user to whom nothing belongs, for whom a container of root's is running. */
export const asUser = (args: string, rest: Rest = {}): Case =>
  running(`-P /var/lib/lxc ${args}`, { by: byUser, effect: [state, 'RUNNING'], ...rest });

export function byUser({ scope }: Play, argv: readonly string[]): Promise<Result> {
  return new User(scope).run(argv);
}

export async function state(play: Play): Promise<string> {
  return (await play.lxc('info', '-n', 'NAME', '-sH')).stdout.trim();
}

export async function newState(play: Play): Promise<string> {
  return (await play.lxc('info', '-n', 'NEW', '-sH')).stdout.trim();
}

/** What fails without a word in C LXC is said by ours. */
export const saidByOurs: Difference = {
  ours: { status: 1, stderr: 'speaks' },
  theirs: { status: 1, stderr: 'silent' },
  decision: 'small-commands.md',
};

/** On a terminal: waits for what it shows, whose groups are the output, and types. */
export function onTerminal(shows: (play: Play) => RegExp, ...keys: readonly string[]) {
  return async (play: Play, argv: readonly string[]): Promise<Result> => {
    const screen = new Screen(play.scope);
    await screen.open(argv);
    const pattern = shows(play);
    const [, ...groups] = pattern.exec(await screen.shows(pattern)) ?? [];
    await screen.type(...keys);
    const ended = /ended with (\d+)\nicanon\necho\n/;
    const [, status] = ended.exec(await screen.shows(ended)) ?? [];
    return { stdout: groups.join('\n'), stderr: '', status: Number(status) };
  };
}
