/**
 * Random numbers for names and addresses. Nothing secret hangs on them, and loading node:crypto costs 5 ms of the time
 * that a brain takes to start.
 */
export function draw(limit: number): number {
  return Math.floor(Math.random() * limit);
}
