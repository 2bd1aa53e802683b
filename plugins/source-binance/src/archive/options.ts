// What `--with` of `engine fetch` holds.

import { z } from '@quantstream/engine';
import { config } from '../config.js';

const { stream, market, endpoints, proxy } = config.shape;
export const options = z.strictObject({ stream, market, endpoints, proxy });
export type Options = z.output<typeof options>;
