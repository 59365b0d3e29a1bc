const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** How long an IMF-fixdate is. */
export const DATE_OCTETS = 29;

/** An IMF-fixdate (RFC 9110 §5.6.7) of seconds since 1970-01-01T00:00:00Z (up to the year 9999). */
export function formatDate(seconds: number): string {
  // Civil from days, in whole numbers: no Date below the driver.
  const days = Math.floor(seconds / 86_400);
  const time = seconds - days * 86_400;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 2 : monthFromMarch - 10;
  const year = yearOfEra + era * 400 + (month < 2 ? 1 : 0);
  const weekday = (((days + 4) % 7) + 7) % 7;
  const hours = Math.floor(time / 3600);
  const minutes = Math.floor(time / 60) % 60;
  return `${DAYS[weekday]!}, ${two(day)} ${MONTHS[month]!} ${String(year).padStart(4, '0')} ${two(hours)}:${two(minutes)}:${two(time % 60)} GMT`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/**
 * The wall clock that Date fields are written from: `now` plus an offset that whoever has a clock sets.
 * One for all connections of a server: it formats once a second.
 */
export class DateClock {
  /** Milliseconds since 1970 when `now` was 0. May be corrected at any time (the host's clock was set). */
  epochMs: number;
  /** Seconds since 1970 that {@link text} and {@link octets} stand for. */
  second: number;
  /** The Date field's value. */
  text: string;
  /** The same as octets; a new array each second, never changed. */
  octets: Uint8Array;

  constructor(epochMs: number = 0) {
    this.epochMs = epochMs;
    this.second = -1;
    this.text = '';
    this.octets = new Uint8Array(0);
  }

  /** Brings the date to `now` (monotonic milliseconds). Call before reading; costs a division when the second is the same. */
  update(now: number): void {
    const second = Math.floor((this.epochMs + now) / 1000);
    if (second === this.second) return;
    this.second = second;
    this.text = formatDate(second);
    const octets = new Uint8Array(DATE_OCTETS);
    for (let i = 0; i < DATE_OCTETS; i++) octets[i] = this.text.charCodeAt(i);
    this.octets = octets;
  }
}
