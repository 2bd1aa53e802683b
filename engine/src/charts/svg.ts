/** Drawings within a page: no script, no network; colours come from the page's style sheet. */

export const escapeHtml = (text: string) =>
  text.replace(/[&<>"']/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[sign]!);

/** To a tenth of a pixel: finer cannot be seen, and costs bytes. */
export const round = (value: number) => Math.round(value * 10) / 10;

/** A drawing that shrinks with the page. */
export function svg(width: number, height: number, content: string, title: string): string {
  return `<svg viewBox="0 0 ${width} ${round(height)}" style="max-width:${width}px" role="img" aria-label="${escapeHtml(title)}">${content}</svg>`;
}
