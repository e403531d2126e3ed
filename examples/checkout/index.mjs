// A small checkout service: prices a basket and answers the total. It is what `switchback rehearse` releases.
import { faultOf } from './fault.mjs';
import { priceBasket } from './prices.mjs';

export async function handler(event) {
  await faultOf(event);
  const basket = priceBasket(event.items ?? [], event.country ?? 'DE');
  return { orderId: event.orderId, ...basket };
}
