/** A pass by the fence counts as near below this, m. */
const NEAR = 30;

export type LabelListener = (kind: string, from: number, to: number, magnitude: number) => void;

/**
 * Labels what happened at the fence: a breach from the moment the edge is crossed to that of coming back, with its greatest distance
 * beyond; and as `normal` a stretch near the fence that stayed inside, with its least distance, so that a warning there can be counted as false.
 */
export class FenceLabels {
  private readonly label: LabelListener | undefined;
  private breach: { from: number; beyond: number } | undefined;
  private near: { from: number; least: number; breached: boolean } | undefined;

  constructor(label: LabelListener | undefined) {
    this.label = label;
  }

  /**
   * @param now s since the start
   * @param distance m to the nearest edge, negative outside
   */
  watch(now: number, distance: number, breached: boolean): void {
    if (breached) {
      this.breach ??= { from: now, beyond: 0 };
      this.breach.beyond = Math.max(this.breach.beyond, -distance);
    } else this.endBreach(now);
    if (distance > NEAR) {
      this.endNear(now);
      return;
    }
    this.near ??= { from: now, least: distance, breached };
    this.near.least = Math.min(this.near.least, distance);
    if (breached) this.near.breached = true;
  }

  /** Tells what has not ended yet. */
  end(now: number): void {
    this.endBreach(now);
    this.endNear(now);
  }

  private endBreach(now: number): void {
    const { breach } = this;
    this.breach = undefined;
    if (breach) this.label?.('geofence_breach', breach.from * 1_000, now * 1_000, breach.beyond);
  }

  private endNear(now: number): void {
    const { near } = this;
    this.near = undefined;
    if (near && !near.breached) this.label?.('normal', near.from * 1_000, now * 1_000, near.least);
  }
}
