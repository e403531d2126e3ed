export type JsonObject = Readonly<Record<string, unknown>>;

/** Arrays count as objects too: they have no named members to be found. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null;
}

/** The object in a JSON text; undefined for anything else, broken JSON included. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
