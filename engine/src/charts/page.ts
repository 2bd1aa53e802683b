import { STYLE } from './style.js';
import { escapeHtml } from './svg.js';

/** A whole page of its own. @param style what its own style sheet adds */
export function page(title: string, body: readonly string[], style = ''): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${STYLE}${style}</style></head><body><main><h1>${escapeHtml(title)}</h1>${body.join('\n')}</main></body></html>\n`;
}
