// The shop's API: answers what it was asked for.
export async function handler(event) {
  return { statusCode: 200, body: JSON.stringify({ path: event?.rawPath ?? '/' }) };
}
