// How a value is called whose column has no name that the engine takes.

/** A value is called by so many characters at most. */
const LONGEST = 63;

/** The name of a column: small letters, digits and `_`, a `_` for all else between them: `system.cpu.pct` → `system_cpu_pct`, `Volume_Flow_RateRMS` → `volume_flow_raterms`. */
export function nameOf(column: string): string {
  const name = column
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  return (/^[a-z]/.test(name) ? name : `x_${name}`).slice(0, LONGEST).replace(/_+$/, '');
}
