/** What a command prints, as texts and figures: the same once as text, and once as what its client gives again. */

import type { Amount } from '../base/amount.ts';
import type { AmountForm, ReportPart } from '../wire/report.ts';
import { secondsText, sizeText } from './units.ts';

export interface Figure {
  readonly value: number;
  /** Where it can be read again. */
  readonly amount: Amount | undefined;
  readonly form: AmountForm;
}

export type Piece = string | Figure;

const forms: Readonly<Record<AmountForm, (value: number) => string>> = {
  number: String,
  size: sizeText,
  seconds: secondsText,
};

export function textOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : forms[piece.form](piece.value))).join('');
}

/** `undefined` where a figure cannot be read again. */
export function partsOf(pieces: readonly Piece[]): readonly ReportPart[] | undefined {
  const parts: ReportPart[] = [];
  let text = '';
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      text += piece;
    } else if (piece.amount === undefined) {
      return undefined;
    } else {
      parts.push({ text }, { amount: piece.amount, form: piece.form });
      text = '';
    }
  }
  return [...parts, { text }];
}
