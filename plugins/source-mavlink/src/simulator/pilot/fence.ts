/** Where a vehicle may be, in metres from its home. */
export interface FenceSettings {
  /** Radius of the circle around home; 0: none. */
  readonly circle: number;
  /** Corners `[north, east]` of a polygon that must not be left; empty: none. */
  readonly polygon: readonly (readonly [number, number])[];
  /** Height above home; 0: none. */
  readonly ceiling: number;
}

/** Distances to a fence, in metres. Positive inside. */
export class Fence {
  readonly settings: FenceSettings;

  constructor(settings: FenceSettings) {
    this.settings = settings;
  }

  /** To the nearest edge on the map. */
  inside(north: number, east: number): number {
    const { circle, polygon } = this.settings;
    let least = circle > 0 ? circle - Math.hypot(north, east) : Number.POSITIVE_INFINITY;
    if (polygon.length > 0) least = Math.min(least, this.insidePolygon(north, east));
    return least;
  }

  below(height: number): number {
    const { ceiling } = this.settings;
    return ceiling > 0 ? ceiling - height : Number.POSITIVE_INFINITY;
  }

  /** Whether the polygon is what is nearest. */
  byPolygon(north: number, east: number): boolean {
    const { circle, polygon } = this.settings;
    return polygon.length > 0 && (circle === 0 || this.insidePolygon(north, east) < circle - Math.hypot(north, east));
  }

  /**
   * How far from home in a direction the edge comes to within a margin. Without an edge: 400 m less the margin.
   * @param bearing radians from north
   */
  reach(bearing: number, margin: number): number {
    const cos = Math.cos(bearing);
    const sin = Math.sin(bearing);
    let far = 0;
    while (far < 400 && this.inside(far * cos, far * sin) > margin) far += 5;
    if (far === 0 || far >= 400) return Math.max(0, far - (far === 0 ? 0 : margin));
    let near = far - 5;
    for (let i = 0; i < 20; i++) {
      const middle = (near + far) / 2;
      if (this.inside(middle * cos, middle * sin) > margin) near = middle;
      else far = middle;
    }
    return near;
  }

  private insidePolygon(north: number, east: number): number {
    const { polygon } = this.settings;
    let within = false;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
      const [an, ae] = polygon[j];
      const [bn, be] = polygon[i];
      if (be > east !== ae > east && north < ((an - bn) * (east - be)) / (ae - be) + bn) within = !within;
      const [dn, de] = [bn - an, be - ae];
      const share = Math.min(1, Math.max(0, ((north - an) * dn + (east - ae) * de) / (dn * dn + de * de || 1)));
      least = Math.min(least, Math.hypot(north - an - share * dn, east - ae - share * de));
    }
    return within ? least : -least;
  }
}

/** What FENCE_STATUS says: https://mavlink.io/en/messages/common.html#FENCE_BREACH */
export const BREACH = { none: 0, ceiling: 2, boundary: 3 } as const;

/** Watches a position as an autopilot does. */
export class FenceMonitor {
  /** What is crossed; `none` inside. */
  breached: number = BREACH.none;
  /** The last kind of edge that was crossed since boot. */
  type: number = BREACH.none;
  count = 0;
  /** Seconds since boot. */
  breachTime = 0;
  /** Metres to the nearest edge, ceiling included; negative outside. */
  distance = Number.POSITIVE_INFINITY;
  /** Most metres beyond it in this breach. */
  beyond = 0;
  private readonly fence: Fence;
  private reported = 0;

  constructor(fence: Fence) {
    this.fence = fence;
  }

  /** Forgets, as a reboot does. */
  reset(): void {
    this.breached = BREACH.none;
    this.type = BREACH.none;
    this.count = 0;
    this.breachTime = 0;
  }

  /**
   * @param boot seconds since boot
   * @returns what is to be said: a text, or nothing
   */
  watch(boot: number, north: number, east: number, height: number): string | undefined {
    const edge = this.fence.inside(north, east);
    const ceiling = this.fence.below(height);
    this.distance = Math.min(edge, ceiling);
    const now = edge < 0 ? BREACH.boundary : ceiling < 0 ? BREACH.ceiling : BREACH.none;
    // One metre of hysteresis: noise at the edge is not one breach after the other.
    if (now === BREACH.none && this.breached !== BREACH.none && this.distance < 1) return undefined;
    if (now === BREACH.none) {
      const was = this.breached;
      this.breached = now;
      return was === BREACH.none ? undefined : 'Fence breach cleared';
    }
    const fresh = this.breached === BREACH.none;
    const further = -this.distance > this.beyond + 15 && boot - this.reported > 3;
    this.breached = now;
    this.type = now;
    if (fresh) this.breachTime = boot;
    if (!fresh && !further) return undefined;
    this.beyond = -this.distance;
    this.reported = boot;
    this.count++;
    if (now === BREACH.ceiling) return 'Max Alt fence breached';
    return this.fence.byPolygon(north, east) ? 'Polygon fence breached' : 'Circle fence breached';
  }
}
