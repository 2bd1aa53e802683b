import { featuresLaws, modelLaws, sinkLaws, sourceLaws } from '@quantstream/engine/testing';
import { afterAll, describe } from 'vitest';
import features from './examples/features.js';
import liveSource from './examples/live-source.js';
import model from './examples/model.js';
import * as sinkModule from './examples/sink.js';
import source from './examples/source.js';
import * as given from './given.js';

// What is mutated must be right before.
const gateway = await given.gateway();

describe('the examples keep the laws', () => {
  afterAll(() => gateway.close());

  sourceLaws(source, given.spool);
  sourceLaws(liveSource, given.listener(gateway));
  featuresLaws(features, given.gauge);
  modelLaws(model, given.sample);
  sinkLaws(sinkModule.default, given.database(sinkModule));
});
