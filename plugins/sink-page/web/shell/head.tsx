// The head of the page: which pipeline, how it is, the stretch that is shown; below it what is searched and how lanes are sorted.

import type { EpisodeBar, Lane } from '../../src/wire.js';
import { StateBar } from '../honest/bar.js';
import { ordered } from '../lanes/order.js';
import { at, go, type Sort } from '../state/place.js';
import { follow, following, pan, pause, RANGES, zoom } from '../state/range.js';
import { about, episodes, lanes } from '../state/store.js';
import { theme, toggleTheme } from './colours.js';
import { helping } from './help.js';

const SORTS: readonly { readonly sort: Sort; readonly title: string }[] = [
  { sort: 'odd', title: 'odd' },
  { sort: 'name', title: 'name' },
  { sort: 'new', title: 'new' },
];

/** Only addresses of the web: a link is never a script. */
const safe = (url: string) => /^(https?:\/\/|\/(?!\/)|\.{0,2}\/)/.test(url);

export function Head() {
  const told = about.value;
  return (
    <header class="head">
      <h1>{told?.pipeline ?? 'QuantStream'}</h1>
      <StateBar />
      <span class="space" />
      <nav class="links" aria-label="Elsewhere">
        {(told?.links ?? [])
          .filter((one) => safe(one.url))
          .map((one) => (
            <a key={one.url} href={one.url} target="_blank" rel="noreferrer">
              {one.title} ↗
            </a>
          ))}
      </nav>
      <Ranges />
      <button
        type="button"
        onClick={toggleTheme}
        title="Light or dark"
        aria-label={`Use the ${theme.value === 'dark' ? 'light' : 'dark'} colours`}
      >
        {theme.value === 'dark' ? '☀' : '☾'}
      </button>
      <button type="button" onClick={() => (helping.value = true)} title="Help" aria-label="Help: keys and signs">
        ?
      </button>
    </header>
  );
}

function Ranges() {
  const live = about.value?.live ?? true;
  return (
    <fieldset class="ranges" aria-label="Stretch of time">
      {RANGES.map(({ name, title }) => (
        <button key={name} type="button" aria-pressed={at.range.value === name} onClick={() => go({ range: name })}>
          {title}
        </button>
      ))}
      <button type="button" onClick={() => pan(-0.5)} aria-label="Earlier" title="Earlier (←)">
        ‹
      </button>
      <button type="button" onClick={() => pan(0.5)} aria-label="Later" title="Later (→)">
        ›
      </button>
      <button type="button" onClick={() => zoom(2)} aria-label="Show more time" title="Show more time (−)">
        −
      </button>
      <button type="button" onClick={() => zoom(0.5)} aria-label="Show less time" title="Show less time (+)">
        +
      </button>
      {live ? (
        <button
          type="button"
          class="live"
          aria-pressed={following.value}
          onClick={() => (following.value ? pause() : follow())}
          title="Follow what comes, or stand still (space)"
        >
          {following.value ? '● Live' : '▶ Paused'}
        </button>
      ) : null}
    </fieldset>
  );
}

function countsOf(list: readonly Lane[]): Record<EpisodeBar['severity'], number> {
  const counts = { critical: 0, warning: 0, info: 0 };
  for (const lane of list) for (const { severity } of lane.episodes) counts[severity]++;
  return counts;
}

export function Tools() {
  const total = lanes.value?.lanes.length ?? 0;
  const found = ordered.value.length;
  // Of the keys that were searched for.
  const counts = found === total ? lanes.value?.counts : countsOf(ordered.value);
  const keys = found === total ? undefined : new Set(ordered.value.map(({ key }) => key));
  const open = episodes.value.filter((one) => one.status === 'open' && (!keys || keys.has(one.key))).length;
  return (
    <div class="tools">
      <input
        id="search"
        type="search"
        placeholder="Search keys  /"
        aria-label="Search keys"
        value={at.search.value}
        onInput={(event) => go({ search: event.currentTarget.value }, 'replace')}
      />
      <fieldset class="sorts" aria-label="Order of keys">
        {SORTS.map(({ sort, title }) => (
          <button key={sort} type="button" aria-pressed={at.sort.value === sort} onClick={() => go({ sort })}>
            {title}
          </button>
        ))}
      </fieldset>
      <p class="summary">
        {found === total ? '' : `${found} of `}
        {total} {total === 1 ? 'key' : 'keys'}
        {counts
          ? (['critical', 'warning', 'info'] as const)
              .filter((severity) => counts[severity] > 0)
              .map((severity) => (
                <span key={severity} class={`tally ${severity}`} title={`${severity} episodes in what is shown`}>
                  <i /> {counts[severity]} {severity}
                </span>
              ))
          : null}
        {counts && counts.critical + counts.warning + counts.info === 0 ? <span class="tally">no episodes</span> : null}
        {open ? <span class="tally">{open} open now</span> : null}
      </p>
      <div class="scale-room">
        <p class="scale" title="How odd: the score beside its threshold">
          <span>calm</span>
          <i class="cool" />
          <span>threshold</span>
          <i class="hot" />
          <span>3×</span>
        </p>
      </div>
    </div>
  );
}
