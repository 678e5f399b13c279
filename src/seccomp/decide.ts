/**
 * From the rules of a policy to what each call comes to. A rule without conditions decides about its call alone, the
 * first such rule where there are several; of those with conditions the first that holds does.
 */

import { LxcError } from '../base/error.ts';
import { type Action, showAction } from './action.ts';
import { type Architecture, callsOf } from './architectures.ts';
import { type Condition, keyOf } from './condition.ts';
import { wayOf } from './multiplexed.ts';
import type { Policy, PolicyNote, Rule } from './policy.ts';

/** Tried in order; the last one that has no conditions ends the list. */
export interface Branch {
  readonly conditions: readonly Condition[];
  readonly action: Action;
}

export interface Decision {
  readonly branches: readonly Branch[];
  /** How much of an argument is compared. */
  readonly bits: Architecture['bits'];
}

/** What each call comes to, by its number; calls that are not there are unlisted. */
export type Decisions = ReadonlyMap<number, Decision>;

type ByCall = ReadonlyMap<string | number, readonly Rule[]>;

export function decisionsOf(
  policy: Policy,
  architectures: readonly Architecture[],
): { readonly decisions: readonly Decisions[]; readonly notes: readonly PolicyNote[] } {
  const notes: PolicyNote[] = [...policy.notes];
  const calls = group(policy, notes);
  const decisions = architectures.map((one) => numbered(calls, one));
  for (const [call, [rule]] of calls)
    if (rule !== undefined && !isKnown(call, architectures))
      notes.push({
        message: `there is no system call ${call} here, the rule is skipped`,
        origin: rule.origin,
      });
  return { decisions, notes };
}

function isKnown(call: string | number, architectures: readonly Architecture[]): boolean {
  return typeof call === 'number' || architectures.some((one) => callsOf(one).has(call));
}

/** The rules about one call by their conditions; the key of those without is empty. */
type Alternatives = Map<string, Rule>;

function group({ rules, unlisted, version }: Policy, notes: PolicyNote[]): ByCall {
  const calls = new Map<string | number, Alternatives>();
  for (const rule of rules) {
    if (version === 2 && rule.action === unlisted) throw useless(rule);
    const before: Alternatives = calls.get(rule.call) ?? new Map();
    calls.set(rule.call, before);
    add(before, rule, notes);
  }
  return new Map([...calls].map(([call, alternatives]) => [call, [...alternatives.values()]]));
}

function useless({ call, action, origin }: Rule): LxcError {
  return new LxcError(
    `Failed to read the seccomp policy: ${showAction(action)} for ${call} is what happens to calls that are not listed`,
    { origin, hint: 'remove the line, or give another action to the list' },
  );
}

function add(before: Alternatives, rule: Rule, notes: PolicyNote[]): void {
  const key = keyOf(rule.conditions);
  const [absolute, twin] = [before.get(''), before.get(key)];
  if (absolute !== undefined) {
    tellLost([rule], absolute, notes);
    return;
  }
  if (twin !== undefined && twin.action !== rule.action) throw contradiction(twin, rule);
  if (key === '') {
    tellLost(before.values(), rule, notes);
    before.clear();
  }
  if (twin === undefined) before.set(key, rule);
}

function tellLost(lost: Iterable<Rule>, winner: Rule, notes: PolicyNote[]): void {
  for (const { action, origin, call } of lost)
    if (action !== winner.action)
      notes.push({ message: `line ${winner.origin.line} decides about ${call}`, origin });
}

function contradiction(twin: Rule, rule: Rule): LxcError {
  return new LxcError(
    `Failed to read the seccomp policy: line ${twin.origin.line} has another action for the same calls of ${rule.call}`,
    { origin: rule.origin, hint: 'remove one of the two lines' },
  );
}

function numbered(calls: ByCall, architecture: Architecture): Decisions {
  const { name, bits } = architecture;
  const numbers = callsOf(architecture);
  const branches = new Map<number, readonly Branch[]>();
  for (const [call, rules] of calls) {
    const number = typeof call === 'number' ? call : numbers.get(call);
    if (number !== undefined) branches.set(number, rules);
  }
  if (name === 'i386') for (const [call, rules] of calls) goAround(call, rules, numbers, branches);
  return new Map([...branches].map(([number, one]) => [number, { branches: one, bits }]));
}

/** Adds to the rules of a multiplexer what a rule says about one of its calls. */
function goAround(
  call: string | number,
  rules: readonly Branch[],
  numbers: ReadonlyMap<string, number>,
  branches: Map<number, readonly Branch[]>,
): void {
  const way = typeof call === 'string' ? wayOf(call) : undefined;
  const number = way && numbers.get(way.call);
  const absolute = rules.find(({ conditions }) => conditions.length === 0);
  if (way === undefined || number === undefined || absolute === undefined) return;
  const before = branches.get(number) ?? [];
  if (before.some(({ conditions }) => conditions.length === 0)) return;
  branches.set(number, [...before, { conditions: [way.condition], action: absolute.action }]);
}
