/** What the page of a check adds to the style sheet of the reports. */
export const CHECK_STYLE = `
:root{--critical:#d54050;--warning:#e08a00;--info:#2f86c9}
@media(prefers-color-scheme:dark){:root{--critical:#fb7185;--warning:#fbb040;--info:#6fb1ee}}
.result{font-size:17px;font-weight:600}
a{color:var(--score)}.legend a{margin-right:4px}
.key{font-size:21px}h2.key:not(:first-of-type){border-top:2px solid var(--rule);padding-top:20px;margin-top:60px}
code{font:12px ui-monospace,Consolas,monospace;color:var(--soft);overflow-wrap:anywhere}
.chip{display:inline-block;border-radius:9px;padding:0 8px;font-size:12px;font-weight:600;color:var(--back);white-space:nowrap}
h3 .chip{vertical-align:2px}
${['critical', 'warning', 'info']
  .map(
    (severity) =>
      `.chip.${severity},i.${severity}{background:var(--${severity})}rect.badge.${severity},.shade.${severity}{fill:var(--${severity})}.stretch.${severity}{stroke:var(--${severity})}`,
  )
  .join('')}
svg text.badge{fill:var(--back);font-weight:600}svg a{cursor:pointer}
.trace{fill:none;stroke:var(--score);stroke-width:1.2;stroke-linecap:round;stroke-linejoin:round}
.mark{stroke:var(--ink);stroke-dasharray:2 2;fill:none}.cut{stroke:var(--soft);stroke-width:4;stroke-dasharray:1 3;fill:none}
.shade{fill-opacity:.22}.shade.other{fill-opacity:.08}
.faint{fill-opacity:.28}
.s{white-space:nowrap}figcaption .note{font-weight:400}
.small{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));gap:0 28px;align-items:end}
.evidence{border-top:1px solid var(--rule);margin-top:18px}
.map svg{border:1px solid var(--rule);border-radius:6px}
.track{fill:none;stroke:var(--score);stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}
.stretch{fill:none;stroke-width:4;stroke-linejoin:round;stroke-linecap:round}
.outline{fill:none;stroke-width:1.6;stroke-dasharray:7 4}.outline.inside{stroke:var(--good)}.outline.outside{stroke:var(--bad);fill:var(--bad);fill-opacity:.1}
i.inside{background:var(--good)}i.outside{background:var(--bad)}
.begin{fill:var(--good)}.finish{fill:var(--ink)}.ink{fill:none;stroke:var(--ink)}.arrow{fill:var(--ink)}
@media print{details{display:none}}
`;
