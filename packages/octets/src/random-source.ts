/**
 * Randomness as an argument: fills `octets[start, end)` with octets that nobody can predict. A driver gives the
 * operating system's; a simulation gives a seeded generator.
 */
export type RandomSource = (octets: Uint8Array, start: number, end: number) => void;
