export declare function mosquittoInstalled(): boolean;

export declare class Mosquitto {
  readonly port: number;
  readonly url: string;
  static create(settings?: readonly string[]): Promise<Mosquitto>;
  start(): Promise<void>;
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  dispose(): Promise<void>;
}
