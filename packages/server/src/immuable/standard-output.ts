/** Writes to standard output and waits where its reader is slow. */
export async function print(content: Uint8Array | string): Promise<void> {
  if (process.stdout.write(content)) return;
  await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
}
