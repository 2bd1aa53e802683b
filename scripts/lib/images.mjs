// The images that files name, and their digests.

/** An image of somebody else by its tag, with a digest or without: `image:` of Compose, `FROM` of a Dockerfile. */
const NAMED = /^(\s*image: |FROM (?:--platform=\S+ )?)([a-z0-9][\w./-]*:[\w.-]+)(@sha256:[0-9a-f]{64})?(?=\s|$)/gm;

/** @returns the images that a file names, each once, as { tag, digest } */
export function imagesOf(text) {
  const found = [...text.matchAll(NAMED)].map(([, , tag, digest]) => [tag, digest?.slice(1)]);
  return [...new Map(found)].map(([tag, digest]) => ({ tag, digest }));
}

/** @returns the text with the digest behind each tag that has one in `digests` */
export function pinned(text, digests) {
  return text.replace(NAMED, (whole, before, tag) => (digests.has(tag) ? `${before}${tag}@${digests.get(tag)}` : whole));
}
