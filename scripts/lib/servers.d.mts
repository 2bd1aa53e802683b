/** What servers of our own need; see servers.mjs. */
export function freePort(): Promise<number>;
export function unprivileged(): { readonly uid?: number; readonly gid?: number };
