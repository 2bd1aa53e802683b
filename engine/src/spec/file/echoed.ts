// Text of a configuration that is echoed.

/** Text that is echoed, such as a line of a file, with what could be a password in it starred out; as long as it was, for what points into it. */
export function withoutPasswords(text: string): string {
  const starred = (hidden: string) => '*'.repeat(hidden.length);
  return text
    .replace(/(:\/\/[^/\s:@"']*:)([^/\s"']+)(?=@)/g, (_, before: string, password: string) => before + starred(password))
    .replace(SAID, (_, before: string, value: string) => before + (value.startsWith('${') ? value : starred(value)));
}

/** A sensitive key with a plain value behind it, as YAML and `--set` write it. */
const SAID =
  /(\b[\w.-]*(?:password|passphrase|passwd|secret|token|credentials?|authorization|api[-_]?key|private[-_]?key)["']?\s*[:=]\s*["']?)(\$\{[^}]*\}|(?:(?:bearer|basic)\s+)?[^\s"',}{]+)/gi;
