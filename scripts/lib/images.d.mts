/** The images that files name, and their digests; see images.mjs. */
export function imagesOf(text: string): { readonly tag: string; readonly digest: string | undefined }[];
export function pinned(text: string, digests: ReadonlyMap<string, string>): string;
