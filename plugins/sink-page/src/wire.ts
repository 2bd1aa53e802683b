// What the page and its server say to each other: JSON under `api/`. Times are event times, ms since the epoch; a number that is not there is null.

import type { Column, Episode, Incident, KeptLabel, Limit, Missing, Severity, Status, View } from '@quantstream/engine';

export type { Severity };
export type Maybe = number | null;

/** `GET api/about`: what stays the same while a pipeline runs. */
export interface About {
  readonly pipeline: string;
  /** A stream that goes on, or what was stored of one. */
  readonly live: boolean;
  /** The kind of row, a singular noun. */
  readonly kind: string;
  readonly columns: readonly ColumnInfo[];
  readonly views: readonly View[];
  readonly models: readonly { name: string; plugin: string; columns: readonly string[]; decides: boolean }[];
  readonly limits: readonly Limit[];
  readonly alarms: AlarmsInfo;
  readonly links: readonly { title: string; url: string }[];
  /** What is kept to be asked, a sentence. */
  readonly history: string;
}

export type ColumnInfo = Pick<Column, 'name' | 'unit' | 'about' | 'formula' | 'role'>;
export type ViewInfo = View;
export type LimitInfo = Limit;

export interface AlarmsInfo {
  /** The budget, rows a day; null where there is none. */
  readonly perDay: Maybe;
  /** Whether each key has it, or all keys of the pipeline together. */
  readonly of: 'key' | 'pipeline';
  readonly cooldownMs: number;
  readonly minimumMs: number;
  /** How it is decided, a sentence. */
  readonly about: string;
}

/** `GET api/lanes?from&to&bins`: all keys over a stretch. Without from and to: all that is in memory. */
export interface Lanes {
  readonly from: number;
  readonly to: number;
  /** The first and last moment that is kept, in memory or by another sink. */
  readonly first: Maybe;
  readonly last: Maybe;
  readonly lanes: readonly Lane[];
  /** Episodes of all lanes together, by severity: what lists and lanes count. */
  readonly counts: Readonly<Record<Severity, number>>;
  /** What several keys began together, in order of their beginnings. */
  readonly incidents: readonly IncidentInfo[];
  /** What of it could not be read, a sentence. */
  readonly lack?: string;
}

export interface Lane {
  readonly key: string;
  readonly first: number;
  readonly last: number;
  /** Rows in the stretch, and how many of them were judged. */
  readonly rows: number;
  readonly judged: number;
  /** With a budget, of the rows that it could rule on in the stretch: those beyond it, and how many it allows while nothing is wrong. */
  readonly raised: number;
  readonly allowed: number;
  /** The budget cannot be promised yet: what scores are measured against is less than a day old. */
  readonly young?: true;
  /** It has no past of its own yet, and is judged by what other keys have shown. */
  readonly borrows?: true;
  /** The highest score beside its threshold, score / threshold, in the stretch. */
  readonly odd: Maybe;
  /** The same for each of `bins` equal parts of the stretch. */
  readonly heat: readonly Maybe[];
  readonly episodes: readonly EpisodeBar[];
  readonly missing: readonly Gap[];
}

/** `GET api/episode?id` (null: it is not known here, or not any more), and in lists. */
export interface EpisodeBar
  extends Pick<
      Episode,
      'id' | 'key' | 'start' | 'end' | 'peak' | 'status' | 'severity' | 'rows' | 'model' | 'columns' | 'reason' | 'topics'
    >,
    Pick<Episode, 'incident'> {
  readonly score: Maybe;
  readonly threshold: Maybe;
  readonly pValue: Maybe;
  readonly label?: LabelInfo;
}

/** Episodes of several keys that one cause made odd. */
export type IncidentInfo = Omit<Incident, 'pipeline' | 'topics'>;

export type Gap = Pick<Missing, 'from' | 'to' | 'reason'> & { readonly count: number };

/** `GET api/key?key&from&to&points`: one key over a stretch, in at most so many parts. `api/key.csv` gives the same as a table. */
export interface KeyHistory {
  readonly key: string;
  readonly from: number;
  readonly to: number;
  /** Length of a part, ms; 0: every row as it was, and min and max are those of last. */
  readonly step: number;
  /** Time of the last row of each part; parts without rows are left out. */
  readonly time: readonly number[];
  readonly columns: Readonly<Record<string, Series>>;
  /** What is usual for each feature at each part. */
  readonly usual: Readonly<Record<string, { readonly low: readonly Maybe[]; readonly high: readonly Maybe[] }>>;
  /** Where an hour explains a column: the band that is expected behind the last row, for a day. */
  readonly ahead?: { readonly time: readonly number[]; readonly usual: KeyHistory['usual'] } | undefined;
  /** The highest score of each part, and the threshold beside it. */
  readonly score: readonly Maybe[];
  readonly threshold: readonly Maybe[];
  /** What became of the rows of each part: the worst of them. */
  readonly state: readonly ('judged' | 'anomalous' | 'unjudged')[];
  readonly episodes: readonly EpisodeBar[];
  readonly missing: readonly Gap[];
  /** Lines that it must stay in, or out of, for its map: latitude and longitude, deg (WGS84); the last point is joined to the first. */
  readonly outlines: readonly {
    readonly name: string;
    readonly inside: boolean;
    readonly points: readonly (readonly [number, number])[];
  }[];
  /** What else happened: labels, model generations, restarts. */
  readonly notes: readonly { time: number; kind: 'label' | 'model' | 'restart'; text: string }[];
  /** What of it could not be read, a sentence. */
  readonly lack?: string;
}

export interface Series {
  readonly last: readonly Maybe[];
  readonly min: readonly Maybe[];
  readonly max: readonly Maybe[];
}

/** `GET api/moment?key&time`: the row nearest to a moment, with those around it. */
export interface Moment {
  readonly row: RowInfo | null;
  readonly around: readonly RowInfo[];
}

export interface RowInfo {
  readonly time: number;
  readonly values: Readonly<Record<string, Maybe>>;
  readonly score: Maybe;
  readonly threshold: Maybe;
  readonly pValue: Maybe;
  readonly anomalous: boolean;
  readonly judged: boolean;
  /** Why it is anomalous, or why it was not judged. */
  readonly reason?: string;
  /** About how often a row as odd as this is to be expected: `about once in 4 days`; absent where unknown. */
  readonly often?: string;
  readonly models: readonly {
    readonly name: string;
    readonly score: Maybe;
    readonly threshold: Maybe;
    readonly pValue: Maybe;
    readonly contributions?: readonly { column: string; share: number }[];
  }[];
  /** By column: how far from usual, in usual distances; negative: below. */
  readonly away: Readonly<Record<string, Maybe>>;
}

/** `GET api/rank?from&to[&key]`: what was odd in a stretch, the oddest first. Without a key over all keys. */
export interface Rank {
  readonly columns: readonly { readonly column: string; readonly key: string; readonly away: number; readonly peak: number }[];
  readonly keys: readonly { readonly key: string; readonly odd: number; readonly column: string }[];
  readonly since?: number;
}

/** `GET api/whatif?perDay=0.1,1,10&from&to`: what other budgets would have raised. */
export interface WhatIf {
  readonly from: number;
  readonly to: number;
  /** From when on rows were looked at, where older ones are stored that memory does not have; so for all that is counted. */
  readonly since?: number;
  /** Rows that were looked at. */
  readonly rows: number;
  /** What the pipeline has now comes to, rows a day and key; null where that cannot be said. */
  readonly now: Maybe;
  /** Episodes that are raised whatever the budget is: by limits that people have set, or by silence. */
  readonly always: number;
  readonly budgets: readonly {
    readonly perDay: number;
    readonly episodes: number;
    readonly rows: number;
    /** Its first episodes, for the picture. */
    readonly shown: readonly { readonly key: string; readonly start: number; readonly end: number }[];
    /** What to write in the pipeline file. */
    readonly yaml: string;
  }[];
}

/** `GET api/whatif-limit?column&is=above|below&value[&was]&from&to`: what another limit would have found, in place of the one that it was. */
export interface WhatIfLimit {
  readonly since?: number;
  readonly episodes: number;
  readonly rows: number;
  readonly shown: readonly { readonly key: string; readonly start: number; readonly end: number }[];
  readonly yaml: string;
}

/** `GET api/labels`, and what `POST api/labels` (Say) and `POST api/labels/undo` ({ episode }) answer. */
export type LabelInfo = KeptLabel;

/** `POST api/labels/past` ({ episode }): everything that was ever said of an episode, the oldest first. */
export type SaidBefore = LabelInfo & { readonly takenBack?: true };

export interface Say {
  readonly episode: string;
  readonly label: 'anomaly' | 'normal';
  readonly note?: string;
  /** Nobody is called for the key for so long, ms. */
  readonly mute?: number;
  /** It is only to mute the key, and says nothing of its rows. */
  readonly muteOnly?: true;
  readonly by?: string;
}

/** `GET api/state`, and `state` of a frame. */
export interface State extends Status {
  /** The clock of the server, ms since the epoch. */
  readonly now: number;
  /** The first moment that is in memory. */
  readonly first: Maybe;
  /** By model: the versions that judge just now, and how many keys each. */
  readonly models: readonly { readonly name: string; readonly versions: readonly { version: string; keys: number }[] }[];
  /** How many keys are still calibrating, and how far the slowest has come, 0 to 1. */
  readonly calibrating: { readonly keys: number; readonly least: Maybe };
}

export type Fresh = readonly [time: number, odd: Maybe, rows: number, judged: number, raised: number, allowed: number];

/**
 * `GET api/events[?key]`: server-sent events. `frame` comes a few times a second while something happens, and at least every five seconds; a
 * browser that is slow gets fewer, never more at once.
 */
export interface Frame {
  readonly state: State;
  /** Episodes that began, changed or ended since the last frame. */
  readonly episodes: readonly EpisodeBar[];
  readonly incidents: readonly IncidentInfo[];
  /** Keys with rows since the last frame: the time of the last, the highest score / threshold, how many rows, how many of them were judged, and of the budget what was raised and allowed. */
  readonly last: Readonly<Record<string, Fresh>>;
  /** There were frames that this browser was too slow for: what it shows is to be asked for again. */
  readonly missed?: true;
  /** Whether labels have changed. */
  readonly labels: boolean;
  /** What is new of the key that was asked for; long stretches decimated. */
  readonly key?: KeyHistory;
}

/** What any of them answers when it cannot: with status 400, 403, 404 or 503. */
export interface Refusal {
  readonly error: string;
}
