/** An unlabelled survey in an ordinary wind: what tests and benches simulate, but for the seed and the kinds of faults. */
export const SURVEY = {
  system: 1,
  version: 2,
  groundSystem: 255,
  start: Date.UTC(2026, 2, 1),
  home: { latitude: 47.4, longitude: 8.5, altitude: 488 },
  mission: 'survey',
  speed: 8,
  height: 40,
  fence: { circle: 300, polygon: [], ceiling: 100 },
  wind: { speed: 3, direction: 240, turbulence: 1 },
  onRequest: false,
  loss: 0,
  gcsFailsafe: false,
  faults: [],
  faultsPerHour: 0,
};
