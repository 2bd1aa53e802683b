// Functions made from text, each once: what was optimised for one pipeline or one recording then serves the next.

const MOST = 1_000;
const known = new Map<string, (...given: never[]) => unknown>();

/** @param text of declared names and numbers only, never of what comes in the stream */
export function compiled<F extends (...given: never[]) => unknown>(parameters: readonly string[], text: string): F {
  const name = `${parameters.join()}\n${text}`;
  let made = known.get(name);
  if (!made) {
    made = new Function(...parameters, text) as F;
    if (known.size >= MOST) known.clear();
    known.set(name, made);
  }
  return made as F;
}
