import { STYLE } from './style.js';
import { escapeHtml } from './svg.js';

/** A whole page of its own. @param title of the window @param first the sentence that it begins with: what to think */
export function page(title: string, first: string, body: readonly string[]): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><main><h1>${escapeHtml(first)}</h1>${body.join('\n')}</main></body></html>\n`;
}
