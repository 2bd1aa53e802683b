// How servers are named.

/** A host, or an IPv6 address in brackets, and a port, as brokers are named: no scheme, no login. */
export const HOST_AND_PORT = /^(?:[^\s:@/]+|\[[0-9a-f:.]+\]):\d{1,5}$/i;
