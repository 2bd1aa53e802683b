// What flies, in a sentence.

/** So much of each text is kept. */
const LONGEST = 80;

/** `PX4 1.14.0 on PX4_FMU_V6X, quadrotor, airframe 4001; estimator: EKF2`. */
export function aboutOf(text: Readonly<Record<string, string>> = {}): string {
  const said = (name: string) => (text[name] ?? '').slice(0, LONGEST).trim();
  const [firmware, hardware, airframe, estimator] = ['firmware', 'hardware', 'airframe', 'estimator'].map(said);
  const what = [firmware, hardware ? `on ${hardware}` : ''].filter(Boolean).join(' ');
  return [[what, airframe].filter(Boolean).join(', '), estimator ? `estimator: ${estimator}` : ''].filter(Boolean).join('; ');
}
