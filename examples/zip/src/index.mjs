// Resizes an image; here it only answers the size that it would have.
export async function handler(event) {
  return { width: Math.min(1024, event?.width ?? 1024) };
}
