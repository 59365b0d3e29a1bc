import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { contentTypeOf } from '@immuable-net/pack/content-type';
import { ExitStatus } from '../exit-status.ts';
import { hostFailure } from './host-failure.ts';
import { shown } from './shown.ts';
import { print } from './standard-output.ts';

const HEAD_OCTETS: number = 8 * 1024 * 1024;

/** `immuable mime`: prints the content type that a file is served with. */
export async function mime(path: string): Promise<ExitStatus> {
  let octets: Uint8Array;
  let whole: boolean;
  try {
    const fd = openSync(path, 'r');
    try {
      const { size } = fstatSync(fd);
      octets = new Uint8Array(Math.min(size, HEAD_OCTETS));
      octets = octets.subarray(0, readSync(fd, octets, 0, octets.length, 0));
      whole = octets.length === size;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw hostFailure(`cannot read ${shown(path)}`, error);
  }
  await print(`${(await contentTypeOf(path, octets, whole)) ?? 'application/octet-stream'}\n`);
  return ExitStatus.Done;
}
