// Text of a configuration that is echoed.

/** Text that is echoed, such as a line of a file, with what could be a password in it starred out; as long as it was, for what points into it. */
export function withoutPasswords(text: string): string {
  return text
    .replace(LOGIN, (_, before: string, password: string) => before + starred(password))
    .replace(SAID, (_, before: string, value: string) => before + (value.startsWith('${') ? value : starred(value)));
}

/** What is written in place of a secret. */
export const starred = (hidden: string): string => '*'.repeat(hidden.length);

/** A login in front of a host, behind a scheme or without one; a password may hold slashes and @ itself. Bounds keep it linear. */
const LOGIN = /((?::\/\/|(?<![\w.%+-]))[^\s:@"'/,]{0,64}:)(?!\/\/)([^\s"']{1,256})(?=@)/g;

/** A sensitive key, spelt right or nearly, with what is behind it, as YAML, `--set` and addresses write it; not what we say of it. */
const SAID =
  /(\b[\w.-]{0,64}?(?:pass?[wor]{1,3}[dt]|passphrase|secret|token|credential|authorization|api[-_]?key|private[-_]?key)s?["']?\s*[:=]\s*["']?)(?!expected )(\$\{[^}]*\}|[[{](?:\$\{[^}]*\}|[^\]}])*|(?:(?:bearer|basic)\s+)?[^\s"',}{[\]]+)/gi;
