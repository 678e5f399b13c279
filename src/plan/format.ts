/** A plan in readable text, or as JSON: what `lxc-start --plan` prints and golden tests compare. */

import { showOrigin } from '../base/error.ts';
import type { Op } from '../wire/ops.ts';
import { syncPoints } from '../wire/ops.ts';
import type { PlannedOp, Program } from '../wire/program.ts';
import type { StartPlan } from './types.ts';

export type PlanFormat = 'text' | 'json';

export function formatPlan(plan: StartPlan, format: PlanFormat): string {
  return format === 'json' ? `${JSON.stringify(jsonPlan(plan), jsonValue, 2)}\n` : textPlan(plan);
}

function textPlan({ program, notes }: StartPlan): string {
  return [
    ...notes.map(
      ({ message, origin }) => `note: ${origin === undefined ? '' : `${showOrigin(origin)}: `}${message}`,
    ),
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

const pointNames: ReadonlyMap<number, string> = new Map(
  Object.entries(syncPoints).map(([name, number]) => [number, name]),
);

const numbered: Readonly<Record<string, 'hex' | 'octal'>> = {
  flags: 'hex',
  propagation: 'hex',
  drop: 'hex',
  clone: 'hex',
  persona: 'hex',
  mode: 'octal',
};

function showOp({ op, args }: Op): string {
  if (op === 'sync')
    return `${args.mode === 0 ? 'post' : 'await'} ${pointNames.get(Number(args.point)) ?? ''}`;
  const words = Object.entries(args).map(([name, value]) => `${name}=${showValue(op, name, value)}`);
  return [op, ...words].join(' ');
}

function showValue(op: string, name: string, value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return showNumber(op, name, value);
  if (value instanceof Uint8Array) return showBytes(value);
  if (Array.isArray(value)) return JSON.stringify(value);
  const text = String(value);
  return /^[\w@%+=:,./-]+$/.test(text) ? text : JSON.stringify(text);
}

function showNumber(op: string, name: string, value: number | bigint): string {
  const base = name === 'mode' && op === 'stdio' ? undefined : numbered[name];
  if (base === 'hex') return `0x${value.toString(16)}`;
  return base === 'octal' ? `0${value.toString(8)}` : value.toString();
}

/** Texts as they are; anything binary by its length, or in full where it is short. */
function showBytes(value: Uint8Array): string {
  const text = Buffer.from(value).toString();
  if (/^[\x20-\x7e\n]*$/.test(text)) return JSON.stringify(text);
  const hex = Buffer.from(value).toString('hex');
  return hex.length <= 64 ? `hex:${hex}` : `${value.length} bytes`;
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
