// The style sheet of the reports: the look of the page of a running pipeline, light and dark as the reader's system has it, from 360 px on.

import { DARK, declared, HEATS, LIGHT, SERIES } from './palette.js';

const SEVERITIES = ['info', 'warning', 'critical'] as const;
const series = (rule: (i: number) => string) => Array.from({ length: SERIES }, (_, i) => rule(i)).join('');
const severities = (rule: (severity: string) => string) => SEVERITIES.map(rule).join('');

/** Where the colours of a heatmap stand, from the lowest to the highest: hardly to be seen, cold, hot, in either theme. */
const HEAT = ['surface', 'accent', 'ghost', 'warning'] as const;
const heats = (rule: (i: number, colour: string) => string) =>
  Array.from({ length: HEATS }, (_, i) => {
    const share = 0.15 + (i / (HEATS - 1)) * (HEAT.length - 1 - 0.15);
    const from = Math.min(HEAT.length - 2, Math.floor(share));
    return rule(i, `color-mix(in oklab,var(--${HEAT[from + 1]}) ${Math.round((share - from) * 100)}%,var(--${HEAT[from]}))`);
  }).join('');

export const STYLE = `
:root{color-scheme:light dark;${declared(LIGHT)};--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;
--mono:ui-monospace,"SF Mono","Cascadia Mono","DejaVu Sans Mono",Menlo,Consolas,monospace}
@media(prefers-color-scheme:dark){:root{${declared(DARK)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--background);color:var(--text);font:14px/1.5 var(--sans);font-variant-numeric:tabular-nums;overflow-wrap:break-word}
main{max-width:1200px;margin:0 auto;padding:22px 18px 60px}
h1{font-size:20px;line-height:1.35;font-weight:650;letter-spacing:-.01em;margin:0 0 4px;max-width:46em}
h2{font-size:15px;font-weight:650;margin:26px 0 8px}h3{font-size:14px;font-weight:650;margin:0 0 4px}h2.key{font-size:18px;margin-top:34px}.card>h2{margin-top:0}
p{margin:6px 0}a{color:var(--accent)}small,.note{color:var(--muted);font-size:12px}.note{margin:4px 0}
code{font:12px var(--mono);color:var(--muted);overflow-wrap:anywhere}
pre{font:12px var(--mono);white-space:pre-wrap;overflow-wrap:anywhere}
.card{background:var(--surface);border:1px solid var(--line);border-radius:8px;padding:12px 14px;margin:10px 0}.card .card{border:0;padding:0}
.wide{overflow-x:auto}.small{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),1fr));gap:6px 30px;align-items:end}.small .across{grid-column:1/-1}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:0 20px}
table{border-collapse:collapse;font-size:13px}
th,td{padding:5px 14px 5px 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}tbody tr:last-child td{border-bottom:0}
th{color:var(--muted);font-weight:600;font-size:12px;white-space:nowrap}td:first-child,.s{white-space:nowrap}.n{text-align:right;white-space:nowrap}
td.what{min-width:240px}summary .note{font-weight:400}
details{margin:10px 0}summary{cursor:pointer;font-weight:600}summary:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
figure{margin:6px 0 12px;min-width:0}figcaption{font-size:13px;font-weight:600;display:flex;flex-wrap:wrap;gap:0 12px;align-items:baseline}
figcaption .note{font-weight:400;margin:0}
.legend{display:flex;flex-wrap:wrap;gap:2px 14px;font-size:12px;color:var(--muted);font-weight:400;margin:4px 0}figcaption .legend{margin:0}
.legend i{display:inline-block;width:12px;height:4px;margin-right:5px;border-radius:2px;vertical-align:3px}.legend a{margin-right:2px}
.legend i.block{height:9px;vertical-align:0}
.severity{padding:1px 7px;border:1px solid currentColor;border-radius:10px;font-size:11px;font-weight:600;white-space:nowrap}
${severities(
  (one) =>
    `.severity.${one}{color:var(--${one}-text)}i.${one}{background:var(--${one})}.badge.${one}{background:var(--${one}-text)}rect.badge.${one}{fill:var(--${one}-text)}.shade.${one}{fill:var(--${one})}.stretch.${one},.limit.${one}{stroke:var(--${one})}`,
)}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font:11px var(--sans);fill:var(--muted)}svg .name{fill:var(--text);font-size:12px}
.plot{position:relative;margin:0 6px 22px 50px}.plot.numbered{margin-top:22px}.plot svg{height:100%;overflow:hidden;border-bottom:1px solid var(--line)}.plot svg *{vector-effect:non-scaling-stroke}
.plot>span,.plot>a{position:absolute;font-size:11px;line-height:14px;color:var(--muted);white-space:nowrap;text-decoration:none}
.plot>.y{right:100%;margin-right:6px;transform:translateY(-50%)}.plot>.x{top:100%;margin-top:4px;transform:translateX(-50%)}
.plot>.word{overflow:hidden;text-overflow:ellipsis;text-align:center;color:var(--text);padding:0 3px}
.plot>.badge{transform:translate(-50%,-50%);min-width:16px;padding:0 4px;border-radius:8px;text-align:center;font-weight:650;color:var(--surface)}
.grid{stroke:var(--line);fill:none}
.line,.trace{fill:none;stroke-width:1.4;stroke-linecap:round;stroke-linejoin:round}.line{stroke-width:2}.dashed{stroke-dasharray:5 4}
${series((i) => `.line.c${i},.trace.c${i}{stroke:var(--series-${i})}.bar.c${i}{fill:var(--series-${i})}i.c${i}{background:var(--series-${i})}`)}
.heat{fill:none;shape-rendering:crispEdges}${heats((i, colour) => `.heat.h${i}{stroke:${colour}}i.heat.h${i}{background:${colour}}`)}
.heats{justify-content:flex-end;margin:-4px 6px 0 0}.legend i.heat{width:14px;height:9px;margin:0;border-radius:0;vertical-align:0}
.bar{fill-opacity:.8}.bar.state{fill-opacity:.28}
.bars{margin:10px 0;font-size:12px}.bars div{margin:0 0 9px;padding-left:38%;position:relative;min-height:16px}.bars dt{position:absolute;left:0;width:calc(38% - 10px);text-align:right;overflow-wrap:anywhere;line-height:14px}
.bars dd{margin:0;display:flex;align-items:center;height:12px;padding-right:44px;color:var(--muted);font-size:11px}.bars i{height:8px;min-width:1px;flex-grow:0;flex-shrink:0;border-radius:1px}.bars span{width:0;padding-left:5px;white-space:nowrap}
.rise{fill:var(--rise);stroke:var(--rise)}.fall{fill:var(--fall);stroke:var(--fall)}.feet{stroke:none;fill-opacity:.45}
.score{fill:none;stroke:var(--accent);stroke-width:1.2}.threshold{fill:none;stroke:var(--muted);stroke-dasharray:5 4}
i.score{background:var(--accent)}i.threshold{background:var(--muted)}
.limit{fill:none;stroke-width:1.2;stroke-dasharray:6 4}.mark{stroke:var(--text);stroke-dasharray:2 2;fill:none}.cut{stroke:var(--muted);stroke-width:4;stroke-dasharray:1 3;fill:none}
.shade{fill-opacity:.2}.shade.other{fill-opacity:.08}.shade.label{fill:var(--ghost);fill-opacity:.3}.shade.missed{fill:var(--ghost);fill-opacity:.08;stroke:var(--ghost);stroke-dasharray:2 2}
i.label{background:var(--ghost)}.legend i.missed{border:1px dashed var(--ghost)}
.episode.good{fill:var(--calm)}.episode.bad{fill:var(--critical)}.episode.neither{fill:var(--muted)}
i.good{background:var(--calm)}i.bad{background:var(--critical)}i.neither{background:var(--muted)}
.map svg{border:1px solid var(--line);border-radius:6px;background:var(--surface);overflow:hidden}
.track{fill:none;stroke:var(--accent);stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}
.stretch{fill:none;stroke-width:4;stroke-linejoin:round;stroke-linecap:round}svg text.badge{fill:var(--surface);font-weight:650}
.outline{fill:none;stroke-width:1.6;stroke-dasharray:7 4}.outline.inside{stroke:var(--calm)}.outline.outside{stroke:var(--critical);fill:var(--critical);fill-opacity:.08}
i.inside{background:var(--calm)}i.outside{background:var(--critical)}
.begin{fill:var(--calm)}.finish{fill:var(--text)}.ink{fill:none;stroke:var(--text)}.arrow{fill:var(--text)}
@media(max-width:640px){main{padding:14px 10px 40px}h1{font-size:17px}.card{padding:10px}.told thead{display:none}.told tr{display:flex;flex-wrap:wrap;gap:2px 14px;padding:6px 0;border-bottom:1px solid var(--line)}.told tbody tr:last-child{border-bottom:0}
.told td{padding:0;border:0;min-width:0}.told td.what{flex-basis:100%}.plot{margin-left:42px}.plot>.x.even{display:none}
svg text,svg .name{font-size:20px}.map svg text,.map svg .name{font-size:30px}
.map svg text.badge{font-size:11px}.map svg .badge{transform-box:fill-box;transform-origin:center;transform:scale(2.6)}}
@media print{body{background:none}.card{break-inside:avoid}}
`;
