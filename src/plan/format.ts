/** A plan in readable text, or as JSON: what `lxc-start --plan` prints and golden tests compare. */

import { showOrigin } from '../base/error.ts';
import type { PlannedOp, Program } from '../wire/program.ts';
import { showOp } from './show-op.ts';
import type { StartPlan } from './types.ts';

export type PlanFormat = 'text' | 'json';

export function formatPlan(plan: StartPlan, format: PlanFormat): string {
  return format === 'json' ? `${JSON.stringify(jsonPlan(plan), jsonValue, 2)}\n` : textPlan(plan);
}

function textPlan({ program, notes }: StartPlan): string {
  return [
    ...notes.map(({ key, message, origin }) => {
      return `note: ${origin === undefined ? '' : `${showOrigin(origin)}: `}${key}: ${message}`;
    }),
    'parent:',
    ...program.parent.flatMap(opLines),
    'child:',
    ...program.child.flatMap(opLines),
    'settings:',
    ...program.settings.map((op) => `     ${showOp(op)}`),
    `then: ${after[program.after]}`,
    '',
  ].join('\n');
}

const after: Readonly<Record<Program['after'], string>> = {
  return: 'return',
  monitor: 'wait for the exec of init and stay as its monitor',
  attached: 'wait for the attached command',
  undo: 'the inverses run',
};

function opLines(planned: PlannedOp, index: number): readonly string[] {
  const { why, optional, undo = [] } = planned;
  const place = why.origin === undefined ? '' : `  # ${showOrigin(why.origin)}`;
  const mark = optional === true ? ' (may fail)' : '';
  return [
    `${String(index).padStart(4)} ${showOp(planned)}${mark}${place}`,
    ...undo.map((op) => `       undo ${showOp(op)}`),
  ];
}

function jsonPlan({ program, notes }: StartPlan): unknown {
  const planned = ({ why, optional, undo, op, args }: PlannedOp) => ({
    op,
    args,
    key: why.key,
    act: why.act,
    origin: why.origin,
    ...(optional === true ? { optional } : {}),
    ...(undo === undefined ? {} : { undo }),
  });
  return {
    notes,
    after: program.after,
    exit: program.exit,
    parent: program.parent.map(planned),
    child: program.child.map(planned),
    settings: program.settings,
  };
}

/** Numbers beyond 2^53 as text, bytes as base64. */
function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  const bytes = bufferOf(value);
  return bytes === undefined ? value : { base64: bytes.toString('base64') };
}

/** JSON.stringify hands out Buffers as `{ type: 'Buffer', data: [...] }` already. */
function bufferOf(value: unknown): Buffer | undefined {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (typeof value !== 'object' || value === null || !('type' in value) || !('data' in value))
    return undefined;
  return value.type === 'Buffer' && Array.isArray(value.data) ? Buffer.from(value.data) : undefined;
}
