/**
 * The detectors as one would first write them, for `detectors.mjs`: objects, recursion, whole windows walked through. The same
 * methods and settings as the plugins, so that the difference is in the writing.
 */

/** Random cut forest of node objects, boxes as arrays, scored from the root without an early end. */
export function naiveRandomCutForest(columns, uniform, { trees = 50, sampleSize = 256 } = {}) {
  const decay = 1 / (10 * sampleSize);
  const box = (node) => (node.point ? { min: node.point, max: node.point } : node);
  const merged = (a, b) => ({ min: a.min.map((x, i) => Math.min(x, b.min[i])), max: a.max.map((x, i) => Math.max(x, b.max[i])) });
  const length = ({ min, max }) => max.reduce((sum, x, i) => sum + x - min[i], 0);
  function insert(node, point) {
    if (!node) return { point, mass: 1 };
    if (node.point?.every((x, i) => x === point[i])) return { point, mass: node.mass + 1 };
    const all = merged(box(node), { min: point, max: point });
    let place = uniform() * length(all);
    const dimension = all.min.findIndex((min, i) => {
      place -= all.max[i] - min;
      return place < 0;
    });
    const i = dimension < 0 ? columns - 1 : dimension;
    const cut = all.max[i] + Math.min(0, place);
    const { min, max } = box(node);
    if (point[i] <= cut && cut < min[i]) return { ...all, dimension: i, cut, left: { point, mass: 1 }, right: node };
    if (point[i] > cut && cut >= max[i]) return { ...all, dimension: i, cut, left: node, right: { point, mass: 1 } };
    const side = point[node.dimension] <= node.cut ? 'left' : 'right';
    return { ...node, ...all, [side]: insert(node[side], point) };
  }
  function remove(node, point) {
    if (node.point) return node.mass > 1 ? { point: node.point, mass: node.mass - 1 } : undefined;
    const side = point[node.dimension] <= node.cut ? 'left' : 'right';
    const other = side === 'left' ? 'right' : 'left';
    const rest = remove(node[side], point);
    return rest ? { ...node, ...merged(box(rest), box(node[other])), [side]: rest } : node[other];
  }
  function score(node, point, size, depth = 0) {
    const { min, max } = box(node);
    const grown = point.map((x, i) => Math.max(0, x - max[i], min[i] - x));
    const outside = grown.reduce((a, b) => a + b, 0);
    if (node.point) {
      return outside > 0 ? 1 / (depth + 1) : (1 - node.mass / (2 * size)) / (depth + Math.log2(node.mass + 1));
    }
    const p = outside / (length({ min, max }) + outside);
    return p / (depth + 1) + (1 - p) * score(point[node.dimension] <= node.cut ? node.left : node.right, point, size, depth + 1);
  }
  const forest = Array.from({ length: trees }, () => ({ root: undefined, sample: [] }));
  let time = 0;
  return {
    score(row) {
      const point = [...row];
      const sum = forest.reduce((total, { root, sample }) => total + (root ? score(root, point, sample.length) : 0), 0);
      return (sum / trees) * Math.log2(Math.min(time, sampleSize) + 1);
    },
    learn(row) {
      const point = [...row];
      for (const tree of forest) {
        const key = Math.log(-Math.log(1 - uniform())) - decay * time;
        if (tree.sample.length === sampleSize) {
          const largest = tree.sample.reduce((best, item) => (item.key > best.key ? item : best));
          if (key >= largest.key) continue;
          tree.sample.splice(tree.sample.indexOf(largest), 1);
          tree.root = remove(tree.root, largest.point);
        }
        tree.root = insert(tree.root, point);
        tree.sample.push({ key, point });
      }
      time++;
    },
  };
}

/** Half-space trees of node objects that all turn over at the end of a window. */
export function naiveHalfSpaceTrees(columns, uniform, { trees = 25, depth = 15, window = 250, low = -5, high = 5 } = {}) {
  const make = (min, max) => ({ min, max, dimension: Math.floor(uniform() * columns), latest: 0, reference: 0 });
  const forest = Array.from({ length: trees }, () => {
    const centre = Array.from({ length: columns }, uniform);
    const reach = centre.map((s) => 2 * Math.max(s, 1 - s));
    const place = (unit) => low + unit * (high - low);
    return make(centre.map((s, i) => place(s - reach[i])), centre.map((s, i) => place(s + reach[i]))); // biome-ignore format: one line
  });
  function child(node, row) {
    const { dimension: i, min, max } = node;
    const middle = (min[i] + max[i]) / 2;
    if (row[i] < middle) {
      node.left ??= make(min, max.with(i, middle));
      return node.left;
    }
    node.right ??= make(min.with(i, middle), max);
    return node.right;
  }
  function turn(node) {
    node.reference = node.latest;
    node.latest = 0;
    if (node.left) turn(node.left);
    if (node.right) turn(node.right);
  }
  let rows = 0;
  return {
    score(row) {
      let sum = 0;
      for (const root of forest) {
        let node = root;
        let level = 0;
        while (level < depth && node.reference >= 0.1 * window) {
          node = child(node, row);
          level++;
        }
        sum += node.reference * 2 ** level;
      }
      return 1 / (1 + sum);
    },
    learn(row) {
      for (const root of forest) {
        for (let node = root, level = 0; ; node = child(node, row), level++) {
          node.latest++;
          if (level === depth) break;
        }
      }
      if (++rows % window === 0) for (const root of forest) turn(root);
    },
  };
}

/** Mahalanobis distance with arrays of arrays, inverted for every row. */
export function naiveMahalanobis(columns, { halfLife = 3_600, ridge = 1e-4 } = {}) {
  const rate = 1 - 2 ** (-1 / halfLife);
  let mean = Array(columns).fill(0);
  let covariance = mean.map((_, i) => mean.map((_, j) => (i === j ? 1 : 0)));
  function inverse() {
    const system = covariance.map((row, i) => [
      ...row.map((x, j) => (i === j ? x + ridge : x)),
      ...row.map((_, j) => (i === j ? 1 : 0)),
    ]);
    for (let i = 0; i < columns; i++) {
      const pivot = system[i][i];
      system[i] = system[i].map((x) => x / pivot);
      for (let k = 0; k < columns; k++) {
        if (k === i) continue;
        const times = system[k][i];
        system[k] = system[k].map((x, j) => x - times * system[i][j]);
      }
    }
    return system.map((row) => row.slice(columns));
  }
  return {
    score(row) {
      const delta = mean.map((m, i) => row[i] - m);
      return inverse().reduce((sum, line, i) => sum + delta[i] * line.reduce((part, x, j) => part + x * delta[j], 0), 0);
    },
    learn(row) {
      const delta = mean.map((m, i) => row[i] - m);
      mean = mean.map((m, i) => m + rate * delta[i]);
      covariance = covariance.map((line, i) => line.map((x, j) => (1 - rate) * (x + rate * delta[i] * delta[j])));
    },
  };
}

/** Two-sided empirical tails, counted in the whole window for every row. */
export function naiveTails(columns, { window = 10_000 } = {}) {
  const rows = [];
  return {
    score(row) {
      let sum = 0;
      for (let c = 0; c < columns; c++) {
        const below = rows.filter((other) => other[c] <= row[c]).length + 1;
        const above = rows.filter((other) => other[c] >= row[c]).length + 1;
        sum += Math.max(0, -Math.log((2 * Math.min(below, above)) / (rows.length + 1)));
      }
      return sum;
    },
    learn(row) {
      rows.push([...row]);
      if (rows.length > window) rows.shift();
    },
  };
}

/** Each column by least squares over the latest 640 rows, solved anew for every row; the error in its mean absolute size. */
export function naiveBaseline({ lags = 3, window = 640 } = {}) {
  const past = [];
  const expected = (c) => {
    const size = lags + 1;
    const system = Array.from({ length: size }, () => Array(size + 1).fill(0));
    const termsAt = (i) => [...Array.from({ length: lags }, (_, k) => past[i - 1 - k][c]), 1];
    const errors = [];
    for (let i = lags; i < past.length; i++) {
      const terms = termsAt(i);
      terms.forEach((x, a) => {
        terms.forEach((y, b) => {
          system[a][b] += x * y + (a === b ? 1e-6 : 0);
        });
        system[a][size] += x * past[i][c];
      });
    }
    for (let a = 0; a < size; a++) {
      const pivot = system[a][a];
      system[a] = system[a].map((x) => x / pivot);
      for (let b = 0; b < size; b++) {
        const times = system[b][a];
        if (b !== a) system[b] = system[b].map((x, j) => x - times * system[a][j]);
      }
    }
    const of = (i) => termsAt(i).reduce((sum, x, a) => sum + x * system[a][size], 0);
    for (let i = lags; i < past.length; i++) errors.push(Math.abs(past[i][c] - of(i)));
    return { value: of(past.length), error: errors.reduce((sum, x) => sum + x, 0) / errors.length };
  };
  return {
    score(row) {
      return row.reduce((sum, x, c) => {
        const { value, error } = expected(c);
        return sum + 2 * Math.log1p((x - value) ** 2 / (3 * error ** 2));
      }, 0);
    },
    learn(row) {
      past.push([...row]);
      if (past.length > window) past.shift();
    },
  };
}

/** The latest window of each column against every earlier one, both brought to mean 0 and deviation 1 each time. */
export function naiveDiscord({ window = 50, memory = 1_000 } = {}) {
  const past = [];
  const normal = (values) => {
    const mean = values.reduce((a, b) => a + b, 0) / window;
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / window);
    return values.map((x) => (x - mean) / deviation);
  };
  return {
    score(row) {
      let sum = 0;
      for (let c = 0; c < row.length; c++) {
        const column = [...past.map((one) => one[c]), row[c]];
        const latest = normal(column.slice(-window));
        let least = Number.POSITIVE_INFINITY;
        for (let end = column.length - window; end >= window; end--) {
          const other = normal(column.slice(end - window, end));
          least = Math.min(
            least,
            latest.reduce((far, x, i) => far + (x - other[i]) ** 2, 0),
          );
        }
        sum += least / window;
      }
      return sum;
    },
    learn(row) {
      past.push([...row]);
      if (past.length > memory + 2 * window) past.shift();
    },
  };
}

/** Distance to the nearest of 20 centres, which moves a little: rows as lists, all centres each time, columns by their running deviation. */
export function naiveClusters({ most = 20 } = {}) {
  const centres = [];
  const columns = [];
  const far = (row, centre) =>
    Math.sqrt(row.map((x, c) => ((x - centre.values[c]) / (columns[c].deviation || 1)) ** 2).reduce((a, b) => a + b, 0));
  const nearest = (row) =>
    centres.map((centre) => ({ centre, distance: far(row, centre) })).sort((a, b) => a.distance - b.distance)[0];
  return {
    score: (row) => nearest([...row]).distance,
    learn(row) {
      const values = [...row];
      values.forEach((x, c) => {
        columns[c] ??= { rows: 0, mean: 0, square: 0, deviation: 0 };
        const column = columns[c];
        column.rows++;
        const off = x - column.mean;
        column.mean += off / column.rows;
        column.square += off * (x - column.mean);
        column.deviation = Math.sqrt(column.square / column.rows);
      });
      if (centres.length < most) return centres.push({ values, rows: 1 });
      const { centre } = nearest(values);
      centre.rows++;
      centre.values = centre.values.map((x, c) => x + (values[c] - x) / centre.rows);
    },
  };
}

/** Principal components, found anew from all covariances for each row: twenty rounds of multiplying by the matrix for each of them. */
export function naiveSubspace({ components = 4 } = {}) {
  let rows = 0;
  let mean = [];
  let products = [];
  const dot = (a, b) => a.map((x, i) => x * b[i]).reduce((sum, x) => sum + x, 0);
  const times = (matrix, vector) => matrix.map((line) => dot(line, vector));
  const directionsOf = (d) => {
    let matrix = products.map((line) => line.map((x) => x / rows));
    return Array.from({ length: Math.min(components, d >> 1) }, (_, i) => {
      let vector = Array.from({ length: d }, (_, j) => (j === i ? 1 : 0.1));
      for (let round = 0; round < 20; round++) {
        const next = times(matrix, vector);
        const length = Math.hypot(...next) || 1;
        vector = next.map((x) => x / length);
      }
      const variance = dot(vector, times(matrix, vector));
      matrix = matrix.map((line, a) => line.map((x, b) => x - variance * vector[a] * vector[b]));
      return { vector, variance };
    });
  };
  return {
    score(row) {
      if (rows < 2) return 0;
      let left = [...row].map((x, c) => x - mean[c]);
      let leverage = 0;
      for (const { vector, variance } of directionsOf(row.length)) {
        const along = dot(left, vector);
        leverage += along ** 2 / (variance || 1);
        left = left.map((x, c) => x - along * vector[c]);
      }
      return dot(left, left) + leverage;
    },
    learn(row) {
      rows++;
      const values = [...row];
      if (rows === 1) {
        mean = values.map(() => 0);
        products = values.map(() => values.map(() => 0));
      }
      const off = values.map((x, c) => x - mean[c]);
      mean = mean.map((m, c) => m + off[c] / rows);
      products = products.map((line, a) => line.map((sum, b) => sum + off[a] * (values[b] - mean[b])));
    },
  };
}
