// How the pipeline is, in full: what arrives, what is lost and why, who accepts, which models judge, what is doubtful.

import { about, state } from '../state/store.js';
import { bytesOf, countOf, lengthOf, momentOf, numberOf } from '../state/words.js';
import { BudgetView } from './budget.js';

export function StateView() {
  const now = state.value;
  if (!now) return <p class="nothing">Nothing is known of the pipeline yet.</p>;
  const { calibrating, checkpoint, latency } = now;
  return (
    <article class="state">
      <p class="badges">
        {about.value?.live === false ? (
          <span class="badge">stored; the pipeline is not running</span>
        ) : (
          <span class={`badge ${now.ready ? 'calm' : 'critical'}`}>{now.ready ? 'ready' : 'not ready'}</span>
        )}
        <strong>{about.value?.pipeline}</strong>
      </p>
      <Sentences title="Why it is not ready" list={about.value?.live === false ? [] : now.reasons} bad />
      {now.sourceTrouble ? <Sentences title="Source" list={[now.sourceTrouble]} bad /> : null}
      <Sentences title="Doubts" list={now.doubts} bad />
      <section>
        <h3>Now</h3>
        <dl class="facts two">
          <Fact name="keys" value={countOf(now.keys)} />
          <Fact name="event time" value={now.eventTime === null ? 'nothing yet' : momentOf(now.eventTime)} />
          <Fact name="waiting" value={countOf(now.waiting)} />
          {now.behind === undefined ? null : <Fact name="behind in the broker" value={countOf(now.behind)} />}
          <Fact name="latency p50, p99" value={`${numberOf(latency.p50)}, ${numberOf(latency.p99)} ms`} />
          {calibrating.keys ? (
            <Fact
              name="calibrating"
              value={`${countOf(calibrating.keys)} keys${calibrating.least === null ? '' : `, the slowest ${Math.floor(calibrating.least * 100)} %`}`}
            />
          ) : null}
          {checkpoint ? (
            <Fact
              name="checkpoint"
              value={`${lengthOf(Math.max(0, now.now - checkpoint.at))} ago, ${numberOf(checkpoint.ms)} ms, ${bytesOf(checkpoint.bytes)}`}
            />
          ) : null}
        </dl>
      </section>
      <BudgetView />
      <Counts title="Counted" counts={now.counts} />
      <Counts title="Not judged, by reason" counts={now.unscored} />
      <Counts title="Dropped, by reason" counts={now.dropped} bad />
      <section>
        <h3>Sinks</h3>
        <ul class="plain-list">
          {now.sinks.map((sink) => (
            <li key={sink.name} class={sink.trouble ? 'bad' : ''}>
              {sink.name}: {sink.trouble ?? 'accepts'}
              {sink.retries ? `, tried again ${countOf(sink.retries)} times` : ''}
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h3>Models</h3>
        <ul class="plain-list">
          {(about.value?.models ?? []).map((model) => {
            const versions = now.models.find((one) => one.name === model.name)?.versions ?? [];
            return (
              <li key={model.name}>
                {model.name}{' '}
                <span class="quiet">
                  ({model.plugin}
                  {model.decides ? ', decides by itself' : ''})
                </span>
                {versions.map((one) => `; version ${one.version}: ${countOf(one.keys)} keys`).join('')}
              </li>
            );
          })}
        </ul>
      </section>
      <p class="quiet">{about.value?.history}</p>
    </article>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Sentences({ title, list, bad }: { title: string; list: readonly string[]; bad?: boolean }) {
  if (list.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul class="plain-list">
        {list.map((one) => (
          <li key={one} class={bad ? 'bad' : ''}>
            {one}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Counts({ title, counts, bad }: { title: string; counts: Readonly<Record<string, number>>; bad?: boolean }) {
  const list = Object.entries(counts).filter(([, count]) => count > 0);
  if (list.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <dl class="facts two">
        {list.map(([name, count]) => (
          <div key={name} class={bad ? 'bad' : ''}>
            <dt>{name}</dt>
            <dd>{countOf(Math.round(count))}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
