// What others publish of their detectors, and where.

/** Standard, low FP, low FN; as the scoreboard of numenta/NAB has them (README, corpus 1.0 and 1.1); of Numenta HTM the better of two. */
export const NAB = [
  ['ARTime', 74.9, 65.1, 80.4],
  ['Numenta HTM', 70.5, 62.6, 75.2],
  ['CAD OSE', 69.9, 67.0, 73.2],
  ['earthgecko Skyline', 58.2, 46.2, 63.9],
  ['KNN-CAD', 58.0, 43.4, 64.8],
  ['Relative Entropy', 54.6, 47.6, 58.8],
  ['Random Cut Forest', 51.7, 38.4, 59.7],
  ['Twitter ADVec', 47.1, 33.6, 53.5],
  ['Windowed Gaussian', 39.6, 20.9, 47.4],
  ['Etsy Skyline', 35.7, 27.1, 44.5],
  ['Bayesian Changepoint', 17.7, 3.2, 32.2],
  ['EXPoSE', 16.4, 3.2, 26.9],
  ['random', 11.0, 1.2, 19.5],
  ['null', 0, 0, 0],
];

/** By set: AUROC of an isolation forest of 100 trees of 256 rows as LinkedIn publishes it, and of Liu, Ting & Zhou 2008. */
export const TABULAR = {
  breastw: [0.9864, 0.99],
  pima: [0.668, 0.67],
  ionosphere: [0.8443, 0.85],
  annthyroid: [0.813, 0.82],
  mammography: [0.8649, 0.86],
  shuttle: [0.9971, 1.0],
};
