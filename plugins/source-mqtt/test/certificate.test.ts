import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { certificateAt } from '../src/certificate.js';

const folder = mkdtempSync(join(tmpdir(), 'quantstream-mqtt-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the certificate that the broker’s is signed by', () => {
  it('is read from a file, and what is none is refused by name', () => {
    writeFileSync(join(folder, 'ca.pem'), 'a certificate');
    expect(String(certificateAt(join(folder, 'ca.pem')))).toBe('a certificate');
    for (const path of [folder, join(folder, 'nowhere'), ...(process.platform === 'win32' ? [] : ['/dev/zero'])])
      expect(() => certificateAt(path)).toThrow(
        expect.objectContaining({ code: 'QS_SOURCE_FAILED', message: expect.stringContaining(`the certificate ${path} `) }),
      );
  });
});
