// What commands say to whoever called them.

export const OK = 0;
export const FAILED = 1;
export const BAD_CONFIGURATION = 2;

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));
