import type { VehicleSettings } from '../src/simulator/simulated-vehicle.js';

export const SURVEY: Omit<VehicleSettings, 'seed' | 'faultKinds'>;
