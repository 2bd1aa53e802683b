/** Drawings within a page: no script, no network; colours come from the page's style sheet. */

export const escapeHtml = (text: string) =>
  text.replace(/[&<>"']/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[sign]!);

/** To a tenth of a pixel: finer cannot be seen, and costs bytes. */
export const round = (value: number) => Math.round(value * 10) / 10;

/** A drawing that shrinks with the page. */
export function svg(width: number, height: number, content: string, title: string): string {
  // What has links in it is no picture to those who do not see it, but a group of them.
  const role = content.includes('<a ') ? 'group' : 'img';
  return `<svg viewBox="0 0 ${width} ${round(height)}" style="max-width:${width}px" role="${role}" aria-label="${escapeHtml(title)}">${content}</svg>`;
}
