// Takes an order and answers its number.
export async function handler(event) {
  return { order: event?.order ?? 'none', stage: process.env.STAGE, accepted: true };
}
