const PRICES_CENTS = { tea: 490, mug: 1250, kettle: 5900, filter: 320 };
const VAT_PERCENT = { DE: 19, FR: 20, AT: 20, CH: 8.1 };

/** Prices a basket in cents; an article or country that is not known is an error of the caller. */
export function priceBasket(items, country) {
  const vatPercent = VAT_PERCENT[country];
  if (vatPercent === undefined) throw new Error(`no VAT rate for country "${country}"`);
  const netCents = items.reduce((total, { article, count }) => {
    const price = PRICES_CENTS[article];
    if (price === undefined) throw new Error(`article "${article}" is not sold here`);
    return total + price * count;
  }, 0);
  const vatCents = Math.round((netCents * vatPercent) / 100);
  return { netCents, vatCents, totalCents: netCents + vatCents };
}
