/** Median, range and text of a series of measurements. */

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Three significant digits, thousands apart. @param {number} value */
export function figure(value) {
  if (!Number.isFinite(value)) return '—';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  const rounded = Number(value.toPrecision(3));
  return rounded.toLocaleString('en', { maximumFractionDigits: digits });
}

/** `median (lowest – highest)`. @param {readonly number[]} values */
export function summary(values) {
  if (values.length === 0) return '—';
  if (values.length === 1) return figure(values[0]);
  return `${figure(median(values))} (${figure(Math.min(...values))} – ${figure(Math.max(...values))})`;
}
