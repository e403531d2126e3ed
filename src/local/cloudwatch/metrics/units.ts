const SCALES = ['', 'Kilo', 'Mega', 'Giga', 'Tera'];

/** CloudWatch's units. */
export const UNITS: readonly string[] = [
  ...['Seconds', 'Microseconds', 'Milliseconds', 'Percent', 'Count', 'Count/Second', 'None'],
  ...['Bytes', 'Bits', 'Bytes/Second', 'Bits/Second'].flatMap((unit) =>
    SCALES.map((scale) => (scale === '' ? unit : scale + unit.charAt(0).toLowerCase() + unit.slice(1))),
  ),
];
