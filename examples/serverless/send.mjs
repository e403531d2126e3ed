// Sends an invoice; here it only says that it would.
export async function handler(event) {
  return { invoice: event?.invoice ?? 'none', sent: true };
}
