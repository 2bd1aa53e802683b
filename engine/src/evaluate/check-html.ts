export function checkHtml(_checked: unknown): string {
  return '';
}
