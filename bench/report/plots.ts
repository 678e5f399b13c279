/** The plots of a run, made of its figures alone. */

import type { Figures } from '../figures.ts';
import { fifthsPlot, memoryPlot, startsPlot } from './plots-crowds.ts';
import { ratiosPlot, timesPlot } from './plots-pairs.ts';
import { viewPlot } from './plots-view.ts';
import type { Plot } from './svg.ts';

export function plotsOf(figures: Figures): readonly Plot[] {
  const { pairs, memory, scale, view } = figures;
  return [
    ratiosPlot(figures),
    ...(pairs.length > 0 ? [timesPlot(pairs, 'hot'), timesPlot(pairs, 'idle')] : []),
    ...(memory ? [memoryPlot(memory)] : []),
    ...(scale && scale.length > 0 ? [startsPlot(scale), fifthsPlot(scale)] : []),
    ...(view ? [viewPlot(view)] : []),
  ];
}
