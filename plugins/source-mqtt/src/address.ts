// The address of a broker, apart from the login in it.

/** What a client is told of an address: a password may hold any sign, also `:`, by which the library would part it. */
export function addressOf(url: string): { address: string; login: { username?: string; password?: string } } {
  const parsed = new URL(url);
  const { username, password } = parsed;
  parsed.username = '';
  parsed.password = '';
  return {
    address: parsed.href,
    login: { ...(username !== '' && { username: plain(username) }), ...(password !== '' && { password: plain(password) }) },
  };
}

/** As it was before it was written for an address; as it stands where a `%` is only that. */
function plain(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
