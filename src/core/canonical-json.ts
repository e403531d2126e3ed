/**
 * JSON with sorted keys and no white space, as RFC 8785 writes it: the same data always gives the same text, in every
 * language. Leaves out and replaces what `JSON.stringify` does, so what was stored and read back gives the same text.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if ('toJSON' in value && typeof value.toJSON === 'function') return canonicalJson(value.toJSON());
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  let members = '';
  for (const key of Object.keys(value).sort()) {
    const inner: unknown = (value as Record<string, unknown>)[key];
    if (inner !== undefined) members += `${members && ','}${JSON.stringify(key)}:${canonicalJson(inner)}`;
  }
  return `{${members}}`;
}
