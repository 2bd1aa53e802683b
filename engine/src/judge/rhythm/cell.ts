// One cell of a profile: how it takes in what was met in it on one day.

import type { RhythmState } from './state.js';

/** Occasions that a cell remembers; more are known as so many. */
const MOST = 12;
/** Beyond the counts: the last occasion was far off, or the last two. */
const FAR_ONCE = MOST + 1;
const FAR_TWICE = MOST + 2;
/** A cell that was disturbed counts as one of so many occasions. */
const AFTER_ONE = 4;
const AFTER_TWO = 2;
/** An occasion further from the level than so many spreads is far off. */
const FAR = 3.5;
/** One that is far off moves level and spread by this share of a step that is just not far. */
const DISTURBED = 1 / 8;
/** The spread of all cells counts as so many occasions, at least. */
export const POOLED = 4;

/** No cell is quieter than this part of all: a column that is nothing but for rare blips has no quiet hours, only hours without a blip. */
export const QUIETEST = 0.2;

/** How well a cell is known: occasions up to {@link MOST}, or one of the two above. */
export const gradeOf = ({ grade }: RhythmState, slot: number): number => (grade[slot >> 1]! >> ((slot & 1) << 2)) & 15;

function setGrade({ grade }: RhythmState, slot: number, value: number): void {
  const shift = (slot & 1) << 2;
  grade[slot >> 1] = (grade[slot >> 1]! & (0xf0 >> shift)) | (value << shift);
}

/** Occasions that a cell knows of. */
export function occasionsOf(state: RhythmState, slot: number): number {
  const grade = gradeOf(state, slot);
  return grade <= MOST ? grade : grade === FAR_ONCE ? AFTER_ONE : AFTER_TWO;
}

/**
 * The spread of a cell: of few occasions it is much by chance, and nearer to that of all, unless it is open where the cell lies.
 * @param pooled the spread of all cells, and @param others as how many occasions it counts
 */
export function spreadOf(state: RhythmState, slot: number, pooled: number, others = POOLED): number {
  const spread = state.spread[slot]!;
  const grade = gradeOf(state, slot);
  const trust = 1 / (1 + others / occasionsOf(state, slot));
  const rest = pooled * (1 - trust);
  return grade === 1 || grade === FAR_TWICE ? Math.max(spread, rest) : spread * trust + rest;
}

/**
 * Takes in what was met in a cell on one day, as one occasion. Level and spread are means that weigh the recent more. What is far off hardly
 * moves them, so one wild day does not; but it is remembered that it was. Met again, it widens the spread to what was met, so that a third
 * time is nothing unusual; and a third time makes it the level: a habit is learned within three occasions, and given up within three.
 * @param mean of the rows of this day, as levels count; and @param variance of them
 * @param pooled the spread of all cells; and @param wide what nothing usual exceeds while only one occasion is known
 */
export function learnOccasion(
  state: RhythmState,
  slot: number,
  mean: number,
  variance: number,
  pooled: number,
  wide: number,
  step = 0,
): void {
  const { level, spread } = state;
  const grade = gradeOf(state, slot);
  if (grade === 0) {
    level[slot] = mean;
    const own = Math.sqrt(variance + step * step);
    spread[slot] = pooled > 0 ? (Math.min(own, 4 * pooled) + pooled) / 2 : own;
    setGrade(state, slot, 1);
    return;
  }
  const known = occasionsOf(state, slot);
  const distance = mean - level[slot]!;
  const limit = FAR * Math.max(spreadOf(state, slot, pooled), grade === 1 ? wide : 0);
  const far = Math.abs(distance) > limit;
  if (grade === 1 && far) {
    // Nobody knows which of the two is the wild one: the later, and a spread for both.
    level[slot] = mean;
    spread[slot] = Math.max(spread[slot]!, Math.abs(distance) / 2);
  } else if (grade === FAR_TWICE && Math.abs(distance) > spread[slot]!) {
    level[slot] = mean;
    setGrade(state, slot, 1);
  } else if (grade === FAR_ONCE && far) {
    spread[slot] = Math.max(spread[slot]!, Math.abs(distance) / 2);
    setGrade(state, slot, FAR_TWICE);
  } else if (far) {
    level[slot]! += Math.sign(distance) * limit * DISTURBED;
    spread[slot]! += (limit - spread[slot]!) * DISTURBED;
    setGrade(state, slot, FAR_ONCE);
  } else {
    const occasions = known + 1;
    const deviation = Math.sqrt(variance + distance * distance);
    const weight = 2 / (occasions + 1);
    level[slot]! += weight * distance;
    spread[slot]! += weight * (deviation - spread[slot]!);
    setGrade(state, slot, Math.min(MOST, occasions));
  }
}
