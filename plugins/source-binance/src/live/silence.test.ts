import { describe, expect, it } from 'vitest';
import { Silence } from './silence.js';

/** A symbol that is traded every so many ms. */
function traded(every: number, count: number): { silence: Silence; now: number } {
  const silence = new Silence();
  for (let i = 0; i <= count; i++) silence.traded(i * every);
  return { silence, now: count * every };
}

describe('the silence of a symbol', () => {
  it('is not judged before twenty silences are known', () => {
    const { silence, now } = traded(20, 19);
    expect([silence.excess(now + 60_000), silence.isDoubtful(now + 60_000)]).toEqual([0, false]);
  });

  it('is as long as the longest of late, and only what is longer than that and a second is doubtful', () => {
    const { silence, now } = traded(20, 50);
    expect(silence.excess(now + 20)).toBe(0);
    expect(silence.excess(now + 500)).toBe(480);
    expect([silence.isDoubtful(now + 1_000), silence.isDoubtful(now + 1_001)]).toEqual([false, true]);
  });

  it('may be long where trades are rare', () => {
    const { silence, now } = traded(60_000, 200);
    expect([silence.isDoubtful(now + 60_000), silence.isDoubtful(now + 60_001)]).toEqual([false, true]);
  });

  it('counts as usual once it was proved, so that a longer one is asked about ever more rarely', () => {
    const { silence, now } = traded(20, 50);
    const asked: number[] = [];
    for (let at = now; at <= now + 3_600_000; at += 50) {
      if (!silence.isDoubtful(at)) continue;
      asked.push(at - now);
      silence.proved(at);
    }
    expect(asked.length).toBeLessThan(20);
    expect(asked[0]).toBe(1_050);
  });

  it('is forgotten ten to twenty minutes later', () => {
    const { silence, now } = traded(20, 50);
    silence.traded(now + 30_000);
    let at = now + 30_000;
    for (; at < now + 1_300_000; at += 1_000) silence.traded(at);
    expect(silence.usual).toBe(1_000);
  });

  it('is not ours: a standstill is none of it', () => {
    const { silence, now } = traded(20, 50);
    silence.shift(10_000);
    expect(silence.excess(now + 10_020)).toBe(0);
  });
});
