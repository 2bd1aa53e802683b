// The simulated market: four days of one seed.
import { of, Skipped } from './runs.mjs';

export function markets(runs) {
  runs.data('market');
  const days = runs.quick ? '1' : '4';
  const said = runs.text('scripts/detection.mjs', '--days', days, '--seeds', '1', '--jobs', '1');
  if (said === undefined) throw new Skipped(`there was no time to measure (${of(runs.minutesGone(), 0)} min)`);
  return said.split('\n\n').slice(0, 2).join('\n\n').trim();
}
