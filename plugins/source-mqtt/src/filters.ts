// Filters of topics, and what stands for their wildcards.

/** What stands for the wildcards of a filter in a topic, `/` between them; `undefined`: it is not of this filter. */
export function wildcardsOf(filter: string, topic: string): string | undefined {
  // The name of a shared subscription, `$share/NAME/`, is no part of topics.
  const wanted = (/^\$share\/[^/]+\/(.+)$/.exec(filter)?.[1] ?? filter).split('/');
  const levels = topic.split('/');
  const found: string[] = [];
  for (let i = 0; i < wanted.length; i++) {
    const level = wanted[i]!;
    if (level === '#') return [...found, ...levels.slice(i)].join('/');
    if (i >= levels.length || (level !== '+' && level !== levels[i])) return undefined;
    if (level === '+') found.push(levels[i]!);
  }
  return levels.length === wanted.length ? found.join('/') : undefined;
}
