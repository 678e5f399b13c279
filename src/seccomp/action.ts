/** What happens to a system call, as the value that a filter returns to the kernel (SECCOMP_RET_*). */

export type Action = number;

export const kill: Action = 0;
export const allow: Action = 0x7fff_0000;
export const notify: Action = 0x7fc0_0000;
const trap: Action = 0x3_0000;

export function errno(number: number): Action {
  return 0x5_0000 | number;
}

function trace(message: number): Action {
  return 0x7ff0_0000 | message;
}

/** The kernel keeps error numbers below this one. */
const lastErrno = 4095;
const lastMessage = 0xffff;

const plain: ReadonlyMap<string, Action> = new Map([
  ['kill', kill],
  ['trap', trap],
  ['notify', notify],
  ['allow', allow],
]);

const numbered: ReadonlyMap<string, { readonly most: number; action(number: number): Action }> = new Map([
  ['errno', { most: lastErrno, action: errno }],
  ['trace', { most: lastMessage, action: trace }],
]);

export const actionWords: readonly string[] = [...plain.keys(), ...numbered.keys()];

/** The action and how many of the words it takes; a text: what is wrong. */
export function readAction(words: readonly string[]): { action: Action; taken: number } | string {
  const [word = '', number = ''] = words;
  const action = plain.get(word);
  if (action !== undefined) return { action, taken: 1 };
  const kind = numbered.get(word);
  if (kind === undefined) return `"${word}" is not an action`;
  const value = Number(number);
  if (!/^[0-9]+$/.test(number) || value > kind.most)
    return `"${word}" needs a number from 0 to ${kind.most} behind it`;
  return { action: kind.action(value), taken: 2 };
}

export function showAction(action: Action): string {
  for (const [word, value] of plain) if (value === action) return word;
  const word = action >>> 16 === trace(0) >>> 16 ? 'trace' : 'errno';
  return `${word} ${action & 0xffff}`;
}
