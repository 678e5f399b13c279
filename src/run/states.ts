/** The states of a container, with the numbers that liblxc gives them on the command socket. */

export const states = [
  'STOPPED',
  'STARTING',
  'RUNNING',
  'STOPPING',
  'ABORTING',
  'FREEZING',
  'FROZEN',
  'THAWED',
] as const;

export type State = (typeof states)[number];

export function stateNumber(state: State): number {
  return states.indexOf(state);
}

/** Exact and upper case, as lxc-wait wants it. */
export function parseState(text: string): State | undefined {
  return states.find((state) => state === text);
}
