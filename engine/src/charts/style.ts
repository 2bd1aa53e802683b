/** The style sheet of the pages: light and dark as the reader's system has it. Colours told apart by the colour-blind (Okabe & Ito). */
export const STYLE = `
:root{color-scheme:light dark;--back:#fff;--ink:#1d2330;--soft:#687084;--rule:#e3e6ec;--shade:#f0b94d80;--miss:#d5405059;--score:#2f6fab;--limit:#c2410c;
--good:#0a8f5b;--bad:#d54050;--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#8a8f9c;--c4:#cc79a7;--c5:#b59f00;--c6:#56b4e9;--c7:#6b4fa0}
@media(prefers-color-scheme:dark){:root{--back:#14171d;--ink:#e4e7ee;--soft:#97a0b3;--rule:#2b313c;--shade:#f0b94d66;--miss:#ff6b7a59;--score:#6fb1ee;--limit:#fb923c;
--good:#34d399;--bad:#fb7185;--c0:#4aa8e8;--c1:#ff8c42;--c2:#2fcf9f;--c3:#9aa1b0;--c4:#e59cc6;--c5:#e6d34a;--c6:#8fd0f7;--c7:#a68be0}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1180px;margin:0 auto;padding:24px 20px 60px}
h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:34px 0 8px}h3{font-size:15px;margin:18px 0 4px}
.note{color:var(--soft);font-size:13px;margin:4px 0}
.wide{overflow-x:auto}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:0 40px}
table{border-collapse:collapse;font-size:13.5px;font-variant-numeric:tabular-nums}
th,td{padding:5px 12px 5px 0;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
th{color:var(--soft);font-weight:600;white-space:nowrap}td:first-child{white-space:nowrap}.n{text-align:right;white-space:nowrap}
details{margin:10px 0}summary{cursor:pointer;font-weight:600}
figure{margin:8px 0 18px}figcaption{font-size:13px;font-weight:600}
svg{display:block;width:100%;height:auto}
svg text{font:11px system-ui,-apple-system,"Segoe UI",sans-serif;fill:var(--soft)}svg .name{fill:var(--ink);font-size:12px}
.grid{stroke:var(--rule);fill:none}
.line{fill:none;stroke-width:2}.dashed{stroke-dasharray:5 4}
.score{fill:none;stroke:var(--score);stroke-width:1}.threshold{fill:none;stroke:var(--limit);stroke-width:1;stroke-dasharray:4 3}
.label{fill:var(--shade)}.label.missed{fill:var(--miss)}
.episode.good{fill:var(--good)}.episode.bad{fill:var(--bad)}.episode.neither{fill:var(--soft)}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:13px;color:var(--soft);margin:4px 0}
.legend i{display:inline-block;width:14px;height:9px;margin-right:5px;border-radius:2px}
i.label{background:var(--shade)}i.label.missed{background:var(--miss)}i.good{background:var(--good)}i.bad{background:var(--bad)}
i.neither{background:var(--soft)}i.score{background:var(--score)}i.threshold{background:var(--limit)}
${[0, 1, 2, 3, 4, 5, 6, 7].map((i) => `.line.c${i}{stroke:var(--c${i})}.bar.c${i}{fill:var(--c${i})}i.c${i}{background:var(--c${i})}`).join('')}
`;
