/** What became of one flight. Delays in s, NaN where a fault was not found. */
export interface FlightResult {
  readonly name: string;
  /** Without any fault. */
  readonly nominal: boolean;
  readonly seconds: number;
  readonly events: readonly {
    readonly kind: string;
    /** To the first sentence about its subsystem. */
    readonly delay: number;
    readonly reason: string;
    /** What else is said in its time. */
    readonly others: readonly string[];
    /** Whether the first sentence is about its subsystem. */
    readonly firstFits: boolean;
    /** To any alarm, whatever it says. */
    readonly alarmDelay: number;
  }[];
  readonly falseEpisodes: readonly string[];
}
export interface FlightSummary {
  readonly flights: number;
  readonly events: number;
  readonly found: number;
  readonly medianDelay: number;
  /** By any alarm in its time. */
  readonly alarmed: number;
  readonly firstFits: number;
  readonly unfitting: number;
  readonly nominalFlights: number;
  readonly nominalHours: number;
  readonly falseOnNominal: number;
  readonly falseElsewhere: number;
}
export function measureFlights(folder: string, pipeline?: string): Promise<FlightResult[]>;
export function measureHalves(folder: string, pipeline?: string): Promise<{ limits: object; results: FlightResult[] }[]>;
export function measureOneVehicle(
  folder: string,
  pipeline?: string,
): Promise<{ found: number; falseEpisodes: number; list: readonly { kind?: string; reason: string }[] }>;
export function summaryOf(results: readonly FlightResult[]): FlightSummary;
