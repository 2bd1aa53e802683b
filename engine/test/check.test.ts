import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../test/command-line.js';
import { sharedData } from '../../test/shared.js';
import type { CheckReport } from '../src/check/index.js';
import { Workshop } from './support.js';

const shop = new Workshop();
afterAll(() => shop.dispose());

const engine = (...args: string[]) => shop.engine(...args);

const check = (...args: string[]) => engine('check', ...args);
const file = (name: string) => join(shop.directory, name);
const read = (name: string) => readFileSync(file(name), 'utf8');
async function reportsOf(...args: string[]): Promise<CheckReport[]> {
  const { code, stdout, stderr } = await check('--json', '--no-html', ...args);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout).recordings;
}

const START = Date.UTC(2026, 4, 1, 9, 58, 0);

/** A fix a second of somebody who walks round a square; what is different at some second can be said. */
function walk(key: string, seconds: number, different: (second: number) => object = () => ({})): object[] {
  return Array.from({ length: seconds }, (_, second) => {
    const [side, along] = [Math.floor(second / 60) % 4, (second % 60) / 60];
    const [north, east] = [
      [0, along],
      [along, 1],
      [1, 1 - along],
      [1 - along, 0],
    ][side]!;
    return {
      key,
      time: START + second * 1_000,
      latitude: 47 + north! / 2_000,
      longitude: 8 + east! / 2_000,
      height: 400 + Math.sin(second / 20),
      boot_time: 100 + second,
      phase: second < 60 ? 1 : 2,
      pulse: 80 + (second % 7),
      // At rest there is nothing to measure but the heart.
      ...(second < 60 ? {} : { stride: 0.7, cadence: 100 }),
      breath: 12,
      ...different(second),
    };
  });
}

const lines = (fixes: readonly object[]) => fixes.map((fix) => JSON.stringify(fix)).join('\n');
const racing = walk('ann', 400, (second) => ({
  ...(second >= 200 && second < 220 ? { pulse: 162.5 } : {}),
  ...(second >= 205 && second < 210 ? { stride: 0.25 } : {}),
  ...(second === 300 ? { lost: 4_000 } : {}),
}));
shop.write('racing.walk', `${lines(racing)}\nno fix\n`);
shop.write('calm.walk.log', lines(walk('ann', 300)));
shop.write('two.walk', lines([...racing, ...walk('<bob>', 300)].sort((a, b) => Reflect.get(a, 'time') - Reflect.get(b, 'time'))));
shop.write('other/calm.walk', lines(walk('ann', 100)));
shop.write('broken.walk', 'nothing\nat all\n');
shop.write('notes.txt', 'no recording');
cpSync(file('walk'), file('node_modules/@quantstream/features-walk'), { recursive: true });

describe('engine check', () => {
  it('says what is wrong in a recording, when, and what could not be judged, in a hundred columns', async () => {
    const { code, stdout } = await check('racing.walk');
    expect(code).toBe(0);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(stdout).not.toContain('\u001b');
    expect(stdout.split('\n')[0]).toBe('5.67 min on foot, all of it judged: 2 findings, the worst critical, in one episode.');
    // The sentence is wrapped; the topic that came later has a time of its own.
    expect(stdout).toMatch(/3:20 {3}10:01:20 {2}19 s {3}critical {3}heart: 163 beats a minute/);
    expect(stdout).toMatch(/walking/);
    expect(stdout).toMatch(/\+ 3:25 warning: stride: only 0\.25 m/);
    expect(stdout).toContain('ann: 400 rows in 6.65 min, 85 % of them judged, by 3 of 5 columns');
    expect(stdout).toContain('\nNot judged: 60 of 400 rows, 2 of 5 columns (no fix.sweat); --details\n');
    expect(stdout).not.toContain('breathless');
    expect(stdout).toContain('1 dropped: bad_line; 1 stretch missing: watch was off (4 s)');
    expect(stdout).toContain('The page with charts and map: racing.check.html');
  });

  it('lists everything that could not be judged if asked to', async () => {
    const { stdout } = await check('racing.walk', '--no-html', '--details');
    expect(stdout).toContain('Rows not judged: 60 with fewer than half of the columns that ever have a value');
    expect(stdout).toContain('never  sweat (dry): fix.sweat never came');
    expect(stdout).toContain('never  breath (breathless): although what they are made of came');
    expect(stdout).not.toContain('--details');
  });

  it('tells it as JSON, with the least and the most of every column while judged', async () => {
    const [report] = await reportsOf('racing.walk', '--out', 'report.json');
    expect(JSON.parse(read('report.json')).recordings).toEqual([report]);
    expect(report).toMatchObject({
      file: 'racing.walk',
      pipeline: 'walk',
      from: START,
      to: START + 399_000,
      observations: 400,
      dropped: { bad_line: 1 },
      missing: { reasons: { 'watch was off': { stretches: 1, ms: 4_000 } } },
    });
    const [key] = report!.keys;
    expect(key).toMatchObject({
      key: 'ann',
      rows: 400,
      judgedRows: 340,
      lookedAt: 5,
      operating: { called: 'on foot', ms: 340_000, rows: 340, judgedRows: 340 },
    });
    expect(key!.columns.pulse).toEqual({ min: 80, max: 162.5, share: 1 });
    expect(key!.columns.stride).toEqual({ min: 0.25, max: 0.7, share: 1 });
    expect(key!.columns.sweat).toEqual({ min: null, max: null, share: 0 });
    expect(key!.blind).toMatchObject([
      { name: 'sweat', share: 0, needs: [{ input: 'fix.sweat', came: false }], models: ['limits'], parts: ['dry'] },
      { name: 'breath', share: 0, needs: [{ input: 'fix.breath', came: true }], parts: ['breathless'] },
    ]);
    expect(key!.episodes).toHaveLength(1);
    expect(key!.episodes[0]).toMatchObject({
      number: 1,
      start: START + 200_000,
      end: START + 219_000,
      since: 200_000,
      clock: 300,
      phase: 'walking',
      severity: 'critical',
      findings: [
        {
          name: 'racing',
          severity: 'critical',
          since: 200_000,
          column: 'pulse',
          columns: ['pulse'],
          conditions: { when: 'pulse > 150' },
        },
        {
          name: 'limping',
          severity: 'warning',
          since: 205_000,
          clock: 305,
          reason: 'stride: only 0.25 m',
          column: 'stride',
          columns: ['stride'],
          follows: null,
          explained: false,
        },
      ],
    });
  });

  it('draws a page of its own that fetches nothing and runs nothing, with the track and what it should stay within', async () => {
    const { code } = await check('racing.walk', '--html', 'page.html');
    expect(code).toBe(0);
    const page = read('page.html');
    expect(page.length).toBeLessThan(2_000_000);
    expect(page).not.toMatch(/<script|<link|<img|src=|https?:|@import|url\(|javascript:|\son[a-z]+=/i);
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
    const links = [...page.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(2);
    for (const id of links) expect(page).toContain(`id="${id}"`);
    expect(page).toContain('prefers-color-scheme:dark');
    expect(page).toContain('<h1>5.67 min on foot, all of it judged: 2 findings, the worst critical, in one episode.</h1>');
    expect(page).toContain('<summary>Not judged: 60 of 400 rows, 2 of 5 columns');
    // The outlines are those of the state that the run ended with.
    expect(page).toMatch(/class="outline inside" d="M[^"]*Z"><title>meadow &amp; wood/);
    expect(page).toContain('class="outline outside"');
    expect(page).toMatch(/class="stretch critical" d="M[\d.]+ [\d.]+h0L/);
    // Escaped where a plugin says what would be markup.
    expect(page).toContain('Height &lt;above&gt; the sea.');
    expect(page).toContain(
      'since the start 3:20 to 3:39; clock of the log 300.0 s to 319.0 s; UTC 10:01:20 to 10:01:39; walking',
    );
    expect(page).toContain('when: pulse &gt; 150');
    expect(page).toMatch(/fix\.sweat: <b>never came<\/b>/);
  });

  it('shows the views of the features in their order, limits and all, then what none of them shows, folded', async () => {
    const { code } = await check('racing.walk', '--html', 'views.html', '--set', 'features.with.views=true');
    expect(code).toBe(0);
    const page = read('views.html');
    const views = [
      ...page.slice(page.indexOf('Over time'), page.indexOf('Evidence')).matchAll(/<figcaption[^>]*><span>([^<]*)/g),
    ];
    // Lines of one unit together: strides are not counted in metres. Nothing is drawn of what never came.
    expect(views.map(([, title]) => title!.trim())).toEqual(['Phase', 'Body', 'Body', 'Track']);
    expect(page).toMatch(/<path class="limit critical" d="[^"]*"><title>racing: pulse &gt; 150/);
    expect(page).toMatch(/class="word"[^>]*>walking</);
    expect(page).not.toContain('</i>sweat');
    expect(page).toMatch(/<summary>1 other column<\/summary>.*<span>height /s);
    // Pulse and strides are looked at together, so the one that came first explains the other.
    const { stdout } = await check('racing.walk', '--no-html', '--set', 'features.with.views=true');
    expect(stdout.split('\n')[0]).toMatch(/2 findings, the worst critical; the first explains the second\.$/);
  });

  it('begins the evidence with the column that made the finding, its limit dashed', async () => {
    await check(
      'racing.walk',
      '--html',
      'evidence.html',
      '--set',
      'models.limits.with.rules.racing.when=cadence > 90 and pulse > 150',
    );
    const page = read('evidence.html');
    const evidence = page.slice(page.indexOf('<h2>Evidence'), page.indexOf('other column'));
    const charts = [...evidence.matchAll(/<figcaption[^>]*><span>([a-z]+)[\s\S]*?<\/figure>/g)];
    // Cadence is above its limit all the time; pulse has crossed it.
    expect(charts.map(([, name]) => name)).toEqual(['pulse', 'stride']);
    expect(charts[0]![0]).toContain('class="limit critical"');
  });

  it('refuses features that count by a column that they do not have', async () => {
    const { code, stderr } = await check('racing.walk', '--no-html', '--set', 'features.with.counted=mood');
    expect(code).toBe(1);
    expect(stderr).toContain('operating names mood, which is no column of the row');
  });

  it('finds nothing in a calm walk, and says so', async () => {
    const done = await check('calm.walk.log', '--no-html', '--exit-code');
    expect(done.code).toBe(0);
    expect(done.stdout.split('\n')[0]).toBe('4 min on foot, all of it judged: nothing was found.');
    expect(done.stdout).toContain('Nothing was found.');
    expect(existsSync(file('calm.check.html'))).toBe(false);
  });

  it('checks several recordings, a line of each at the end, pages of one name numbered, and goes on where one cannot be read', async () => {
    const done = await check('calm.walk.log', 'broken.walk', 'other/calm.walk', 'racing.walk', '--html', 'pages', '--exit-code');
    expect(done.code).toBe(1);
    expect(done.stderr).toContain('broken.walk could not be checked');
    expect(done.stderr).toContain('nothing in it could be read; dropped: 2 bad_line');
    expect(done.stdout.trimEnd().split('\n').slice(-6)).toEqual([
      'calm.walk.log: 4 min on foot, all of it judged: nothing was found.',
      'other/calm.walk: 40 s on foot, all of it judged: nothing was found.',
      'racing.walk: 5.67 min on foot, all of it judged: 2 findings, the worst critical, in one episode.',
      '',
      '3 recordings of ann are not compared: none of them says which one it is of; --together takes them',
      'for one',
    ]);
    for (const page of ['calm', 'calm-2', 'racing']) expect(existsSync(file(`pages/${page}.check.html`))).toBe(true);
  });

  it('says the same of several recordings however many are checked at once', async () => {
    const files = ['racing.walk', 'calm.walk.log', 'two.walk', 'other/calm.walk'];
    const said = async (workers: string) => {
      const pages = `at-once-${workers}`;
      const reports = await reportsOf(...files, '--workers', workers, '--html', pages);
      const drawn = readdirSync(file(pages)).map((page) => [page, read(`${pages}/${page}`).replace(/in [\d.,]+ m?s/g, '')]);
      return { reports: reports.map((report) => ({ ...report, seconds: 0 })), drawn };
    };
    const expected = await said('1');
    expect(expected.reports.map(({ file }) => file)).toEqual(files);
    expect(expected.drawn).toHaveLength(files.length);
    expect(await said('3')).toEqual(expected);
  });

  it('compares recordings that are said to be of one, in order of time, with a page over all of them', async () => {
    const days = ['mon', 'tue', 'wed', 'thu', 'fri'];
    for (const [i, day] of days.entries()) {
      const later = i * 86_400_000;
      const slow = walk('ann', 200, () => ({ pulse: 100 + (i < 3 ? i % 2 : 10 * (i - 2)) }));
      shop.write(`week/${day}.walk`, lines(slow.map((fix) => ({ ...fix, time: Reflect.get(fix, 'time') + later }))));
    }
    const week = days.map((day) => `week/${day}.walk`);
    const { stdout } = await check(...week.toReversed(), '--html', 'week', '--together');
    const told = stdout.slice(stdout.indexOf('Look first'));
    expect(told).toMatch(
      /^Look first at ann: pulse is 120 1\/min, 19 % above the median of the 4 recordings before \(101 1\/min\),\s+and worse each time of late\n/,
    );
    expect(told).toMatch(/ann: 5 recordings, [\d.]+ min on foot\nfrom +on foot +findings +pulse\n/);
    expect([...told.matchAll(/^20\S+ .*$/gm)].map(([line]) => line.trim().split(/ +/).at(-1))).toEqual([
      '100',
      '101',
      '100',
      '110',
      '120',
    ]);
    const page = read('week/all-recordings.check.html');
    expect(page).toContain('<a href="mon.check.html">mon.walk</a>');
    const { entities } = JSON.parse((await check(...week, '--no-html', '--json', '--together')).stdout);
    expect(entities).toMatchObject([{ name: 'ann', known: false, compared: true, changes: [{ column: 'pulse', rising: true }] }]);
  });

  it('ends with 2 where something was found, if asked to', async () => {
    expect((await check('racing.walk', 'calm.walk.log', '--no-html', '--exit-code')).code).toBe(2);
    expect((await check('racing.walk', '--no-html')).code).toBe(0);
  });

  it('tells several keys of one recording apart', async () => {
    const [report] = await reportsOf('two.walk');
    expect(report!.keys.map(({ key, episodes }) => [key, episodes.length])).toEqual([
      ['<bob>', 0],
      ['ann', 1],
    ]);
    await check('two.walk');
    const page = read('two.check.html');
    expect(page.match(/<h2 class="key" id="k\d">/g)).toHaveLength(2);
    expect(page).toMatch(/<a href="#k1">ann<\/a> <b>2 findings<\/b><\/span><span><a href="#k0">&lt;bob&gt;<\/a><\/span>/);
    expect(page.match(/class="outline inside"/g)).toHaveLength(2);
    expect(page).not.toContain('<bob>');
  });

  it('takes another pipeline file, and settings of it, but none that would not read the recording', async () => {
    shop.write('own.yaml', {
      ...shop.pipeline({ name: 'own' }),
      source: { use: './walk/source.mjs', with: { path: '${RECORDING}' } },
      features: { use: './walk/index.mjs' },
      models: { z: { use: './deviation-model', columns: ['pulse'] } },
      alarms: { threshold: 6 },
    });
    const [report] = await reportsOf('racing.walk', '-p', 'own.yaml', '--set', 'alarms.threshold=8');
    const [episode] = report!.keys[0]!.episodes;
    // What a learned model says stands at the peak.
    expect(episode!.findings).toMatchObject([{ name: 'z', severity: 'warning', reason: 'pulse is 162.50', column: 'pulse' }]);
    shop.write('deaf.yaml', shop.pipeline());
    const { code, stderr } = await check('racing.walk', '-p', 'deaf.yaml');
    expect(code).toBe(1);
    expect(stderr).toContain('deaf.yaml does not say ${RECORDING} anywhere, so it would not read racing.walk');
  });

  it('says which recordings there are plugins for where it has none for this one, or several', async () => {
    const none = await check('notes.txt');
    expect(none.code).toBe(1);
    expect(none.stderr).toContain('no installed features plugin checks files such as notes.txt; there is');
    expect(none.stderr).toContain('walk: .walk .walk.log');
    const second = file('node_modules/@quantstream/features-stroll');
    cpSync(file('walk'), second, { recursive: true });
    shop.write(
      'node_modules/@quantstream/features-stroll/index.mjs',
      readFileSync(join(second, 'index.mjs'), 'utf8').replace("name: 'walk'", "name: 'stroll'"),
    );
    const several = await check('racing.walk');
    rmSync(second, { recursive: true });
    expect(several.code).toBe(1);
    expect(several.stderr).toMatch(/racing\.walk: stroll, walk all check such files; choose with --pipeline/);
  });

  it('compares how what was recorded was set with another recording, as text, as JSON and on the page', async () => {
    const worn = (key: string, ...all: readonly (readonly [string, string | number])[]) =>
      all.map((one) => ({ key, time: START, worn: one }));
    const same: [string, number][] = [['laces', 0.1]];
    const here = worn(
      'ann',
      ['shoes', 43],
      ['shoes', 42],
      ['hat', 'red \u001b[31m'],
      ['sensor 1', 1.25],
      ['steps so far', 5],
      ['scarf', 1],
      ...same,
    );
    shop.write('here.walk', lines([...here, ...walk('ann', 300)]));
    const there = worn('eve', ['shoes', 41], ['hat', '<b>'], ['sensor 1', 1.5], ['steps so far', 7], ['laces', 0.1000000001]);
    shop.write('there.walk', lines([...there, ...walk('eve', 100)]));
    const { code, stdout, stderr } = await check('here.walk', '--against', 'there.walk');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(`
Settings: 3 of 4 settings differ from there.walk

setting  here          there
hat      red \\x1b[31m  <b>
shoes    42            41

1 of sensors: sensor 1; --details

1 only here: scarf
`);
    const page = read('here.check.html');
    expect(page).toContain('3 of 4 settings differ from there.walk.');
    expect(page).toContain('<td class="s">&lt;b&gt;</td>');
    expect(page).toContain('1 of sensors');
    const details = await check('here.walk', '--no-html', '--details', '--against', 'there.walk');
    expect(details.stdout).toMatch(/\nsensors {3}here {2}there\nsensor 1 {2}1\.25 {2}1\.5\n/);
    const [report] = await reportsOf('here.walk', '--against', 'there.walk');
    expect(report!.against).toEqual({
      file: 'there.walk',
      keys: [
        {
          key: 'ann',
          other: 'eve',
          compared: 4,
          differing: [
            { name: 'hat', here: 'red \\x1b[31m', there: '<b>' },
            { name: 'sensor 1', here: 1.25, there: 1.5, group: 'sensors' },
            { name: 'shoes', here: 42, there: 41 },
          ],
          onlyHere: ['scarf'],
          onlyThere: [],
        },
      ],
    });
    const silent = await check('here.walk', '--no-html', '--against', 'racing.walk');
    expect(silent.stdout).toContain('Settings: racing.walk says nothing of its settings');
    // Bits are told apart to the last one.
    for (const [name, bits] of [
      ['a', 2_147_483_632],
      ['b', 2_147_483_633],
    ] as const)
      shop.write(`${name}.walk`, lines([...worn('ann', ['pockets', bits]), ...walk('ann', 100)]));
    const bits = await check('a.walk', '--no-html', '--against', 'b.walk');
    expect(bits.stdout).toContain('pockets  2147483632  2147483633');
    const neither = await check('a.walk', '--no-html', '--against', 'there.walk');
    expect(neither.stdout).toContain('Settings: no setting is said both here and in there.walk');
    const none = await check('here.walk', '--no-html', '--against', 'gone.walk');
    expect(none.code).toBe(1);
    expect(none.stderr).toContain('gone.walk cannot be read');
  });

  it.each([
    ['a file that is not there', ['gone.walk'], 'gone.walk cannot be read'],
    ['a folder', ['other'], 'other is no file'],
    ['an option that there is not', ['racing.walk', '--wrong'], "unknown option '--wrong'"],
    ['a page that cannot be written', ['racing.walk', '--html', 'no/such/page.html'], 'cannot be written'],
    ['a number of workers that is none', ['racing.walk', '--workers', '0'], '--workers expects a whole number'],
    ['a setting that is none', ['racing.walk', '--no-html', '--set', 'alarms.cooldwn=1s'], 'cooldwn'],
  ])('fails with 1 for %s, as 2 would say that something was found', async (_, args, said) => {
    const { code, stderr } = await check(...args);
    expect(code).toBe(1);
    expect(stderr).toContain(said);
  });
});

const { path: flight, present } = sharedData('uav', 'sitl', 'batt_a_sag.tlog.gz');

describe.skipIf(!present)('a recorded flight (skipped without the shared recordings)', () => {
  it('is judged by the plugin that knows such files, as the documentation shows', async () => {
    cpSync(flight, file('batt_a_sag.tlog.gz'));
    const { code, stdout, stderr } = await check('batt_a_sag.tlog.gz');
    expect(code, stderr).toBe(0);
    const guide = join(ROOT, 'docs/check.md');
    const shown = readFileSync(guide, 'utf8').replaceAll('\r\n', '\n');
    const block = /(\n```text output\n)[\s\S]*?\n(?=```)/;
    const now = shown.replace(block, (_, fence: string) => `${fence}${stdout}`);
    if (process.env.QUANTSTREAM_WRITE_DOCS) writeFileSync(guide, now);
    else expect(shown, 'docs/check.md is stale: run this test once with QUANTSTREAM_WRITE_DOCS=1').toBe(now);
    const page = read('batt_a_sag.check.html');
    expect(page.length).toBeLessThan(2_000_000);
    expect(page).toMatch(/class="stretch critical"/);
  });
});
