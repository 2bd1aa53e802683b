import { featuresLaws, modelLaws, sinkLaws, sourceLaws } from '@quantstream/engine/testing';
import { afterAll, describe } from 'vitest';
import features from './example-features.js';
import liveSource from './example-live-source.js';
import model from './example-model.js';
import * as sinkModule from './example-sink.js';
import source from './example-source.js';
import * as given from './given.js';

// What is mutated must be right before.
const gateway = await given.gateway();

describe('the examples keep the laws', () => {
  afterAll(() => gateway.close());

  sourceLaws(source, given.spool);
  sourceLaws(liveSource, { config: { port: gateway.port, pause: '100ms' }, atLeast: 1_300 });
  featuresLaws(features, given.gauge);
  modelLaws(model, given.sample);
  sinkLaws(sinkModule.default, given.database(sinkModule));
});
