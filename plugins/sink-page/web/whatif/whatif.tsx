// What if: another budget or another limit, what it would have raised of what is stored, and the line for the pipeline file.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { go } from '../state/place.js';
import { about, columnOf, state } from '../state/store.js';
import { countOf, lengthOf, momentOf, unitOf } from '../state/words.js';
import {
  askBudgets,
  BUDGETS,
  budgetChosen,
  budgetTried,
  isTried,
  type LimitTry,
  limitText,
  limitTry,
  raised,
  whatIf,
  whatIfLimit,
  whatIfTrouble,
} from './asked.js';

export function WhatIfView() {
  return (
    <article class="whatif">
      {whatIfTrouble.value ? <p class="trouble">{whatIfTrouble.value}</p> : null}
      <Budget />
      <Limits />
    </article>
  );
}

function Budget() {
  const { about: how = '' } = about.value?.alarms ?? {};
  const value = budgetTried.value;
  const answer = whatIf.value;
  const now = about.value?.alarms.perDay ?? answer?.now ?? null;
  const would = budgetChosen.value;
  return (
    <section>
      <h3>Alarms per day</h3>
      <p class="quiet">{how}</p>
      <label class="slider">
        <span>
          <strong>{value}</strong> a day {now === null ? null : <span class="quiet">(now {Number(now.toPrecision(2))})</span>}
        </span>
        <input
          type="range"
          min={0}
          max={BUDGETS.length - 1}
          step={1}
          value={BUDGETS.indexOf(value)}
          aria-valuetext={`${value} alarms a day`}
          onInput={(event) => go({ budget: BUDGETS[Number(event.currentTarget.value)]!, limit: '' }, 'replace')}
        />
        <span class="ends">
          <span>0.1</span>
          <span>1</span>
          <span>10</span>
          <span>100</span>
          <span>1000</span>
        </span>
      </label>
      {answer && would ? (
        <>
          <p class="sentence">
            <strong>{countOf(would.episodes)}</strong> {would.episodes === 1 ? 'episode' : 'episodes'} in{' '}
            {lengthOf(answer.to - Math.max(answer.from, answer.since ?? 0))}, raised were {countOf(raised.value)}.
          </p>
          <Since time={answer.since} />
          <Learning />
          <p class="quiet">
            {countOf(would.rows)} anomalous of {countOf(answer.rows)} rows, judged once more by the engine's own alarms
            {would.shown.length < would.episodes
              ? `; the first ${would.shown.length} are outlined in the lanes`
              : '; outlined in the lanes'}
            .
          </p>
          {answer.always > 0 ? (
            <p class="quiet">{countOf(answer.always)} of them are raised by limits, whatever the budget: see below.</p>
          ) : null}
          <Yaml text={would.yaml} />
        </>
      ) : (
        <p class="quiet">Judging what is stored once more …</p>
      )}
      <button type="button" onClick={() => void askBudgets()}>
        Ask again for what is shown now
      </button>
    </section>
  );
}

/** Keys that are not calibrated raise nothing, whatever the budget. */
function Learning() {
  const { calibrating, keys = 0 } = state.value ?? {};
  if (!calibrating?.keys) return null;
  const all = calibrating.keys >= keys;
  const far =
    calibrating.least === null ? '' : ` (the slowest has seen ${Math.floor(calibrating.least * 100)} % of what it needs)`;
  return (
    <p class="learning">
      {all
        ? keys === 1
          ? 'The key still learns'
          : `All ${countOf(keys)} keys still learn`
        : `${countOf(calibrating.keys)} of ${countOf(keys)} keys still learn`}{' '}
      what is usual{far}: until then no budget raises anything there, only limits do.
    </p>
  );
}

/** From when on rows could be counted, where that is not all that is shown. */
export function Since({ time }: { readonly time: number | undefined }) {
  if (time === undefined) return null;
  return <p class="quiet">Counted from {momentOf(time)} on: older rows are stored, and not in memory.</p>;
}

function Limits() {
  const limits = about.value?.limits ?? [];
  const tried = limitTry.value;
  if (limits.length === 0 && !tried) return null;
  return (
    <section>
      <h3>Limits</h3>
      <p class="quiet">Drag a dashed line in a picture, or write a number.</p>
      <ul class="limits">
        {limits.map((limit) => {
          const mine = isTried(limit, tried);
          return (
            <li key={`${limit.text} ${limit.value}`}>
              <label>
                <span>
                  {limit.column} {limit.is}
                </span>
                <input
                  type="number"
                  step="any"
                  value={mine ? tried.value : limit.value}
                  onChange={(event) => {
                    const value = event.currentTarget.valueAsNumber;
                    if (Number.isFinite(value))
                      go({ limit: limitText({ column: limit.column, is: limit.is, value, was: limit.value }) });
                  }}
                />
                <span class="quiet">{unitOf(columnOf.value.get(limit.column)?.unit)}</span>
              </label>
              {mine ? (
                <button type="button" class="plain" onClick={() => go({ limit: '' })}>
                  back to {limit.value}
                </button>
              ) : null}
              {mine ? <LimitAnswer tried={tried} more={limit.more === true} /> : null}
            </li>
          );
        })}
      </ul>
      {tried && !limits.some((limit) => isTried(limit, tried)) ? <LimitAnswer tried={tried} more={false} /> : null}
    </section>
  );
}

/** Stands at the limit in hand, and comes into sight with it. */
function LimitAnswer({ tried, more }: { readonly tried: LimitTry; readonly more: boolean }) {
  const would = whatIfLimit.value;
  const here = useRef<HTMLDivElement>(null);
  useEffect(() => here.current?.scrollIntoView({ block: 'nearest' }), [tried.column, tried.is, tried.was, would === undefined]);
  return (
    <div ref={here} class="limit-answer">
      {would ? (
        <>
          <p class="sentence">
            <strong>{countOf(would.episodes)}</strong> {would.episodes === 1 ? 'episode' : 'episodes'} with {tried.column}{' '}
            {tried.is} {tried.value}.
          </p>
          <p class="quiet">{countOf(would.rows)} rows beyond it; outlined in the lanes.</p>
          {more ? <p class="quiet">The rule asks for more than that: of what is counted here it may not find all.</p> : null}
          <Since time={would.since} />
          <Yaml text={would.yaml} />
        </>
      ) : (
        <p class="quiet">Judging what is stored once more …</p>
      )}
    </div>
  );
}

function Yaml({ text }: { text: string }) {
  const copied = useSignal('');
  const code = useRef<HTMLPreElement>(null);
  // Where the browser lends no clipboard, as on an address without https, the text is selected instead.
  const copy = async () => {
    getSelection()?.selectAllChildren(code.current!);
    await navigator.clipboard?.writeText(text);
    if (navigator.clipboard) copied.value = text;
  };
  return (
    <div class="yaml">
      <pre ref={code}>
        <code>{text}</code>
      </pre>
      <button type="button" onClick={() => void copy()}>
        {copied.value === text ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}
