/**
 * A report that its client can give again by itself, as native/report.c reads it: texts that stay, and places where the
 * kernel's numbers are read anew.
 */

import type { Amount } from '../base/amount.ts';
import { ByteWriter } from './bytes.ts';

/** How a number is written: as it is, as `11.57 MiB`, or nanoseconds as `0.84 seconds`. */
export const amountForms = { number: 0, size: 1, seconds: 2 } as const;
export type AmountForm = keyof typeof amountForms;

export type ReportPart =
  | { readonly text: string }
  /** What stands in a file, as it is. */
  | { readonly copy: string }
  | { readonly amount: Amount; readonly form: AmountForm };

export const reportParts = { text: 1, copy: 2, amount: 3 } as const;

export function encodeReport(parts: readonly ReportPart[]): Buffer {
  const out = new ByteWriter().u32(parts.length);
  for (const part of parts) encodePart(out, part);
  return out.take();
}

function encodePart(out: ByteWriter, part: ReportPart): void {
  if ('text' in part) {
    out.u32(reportParts.text).text(part.text);
  } else if ('copy' in part) {
    out.u32(reportParts.copy).text(part.copy);
  } else {
    const { sources, scale, mayLack } = part.amount;
    out
      .u32(reportParts.amount)
      .u32(amountForms[part.form])
      .u32(scale)
      .u32(mayLack ? 1 : 0)
      .u32(sources.length);
    for (const { file, label } of sources) out.text(file).text(label);
  }
}
