import { expect, it } from 'vitest';
import { printable } from './printable.js';

it('shows control characters instead of sending them to the terminal', () => {
  expect(printable('a\u001b[31mred\r\n\u0000\u009b – fine ✓')).toBe('a\\x1b[31mred\\x0d\\x0a\\x00\\x9b – fine ✓');
});
