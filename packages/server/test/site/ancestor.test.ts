import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync, inflateSync } from 'node:zlib';
import { openPack, PackSource } from '@immuable-net/pack';
import { describe, expect, it } from 'vitest';
import { extensionTypesFor } from '../../src/site/index.ts';
import { field, Served } from './served.ts';

const fixtures = new URL('../../../pack/test/fixtures/', import.meta.url);

describe("the ancestor's archives are served octet for octet", () => {
  for (const [name, site, least] of [
    ['single', 'single', 1],
    ['small', 'small', 14],
    ['small-norec', 'small', 14],
    ['small-pg4096', 'small', 14],
    ['small-sha256', 'small', 14],
    ['perm', 'perm', 3],
  ] as const) {
    it(`${name}.pack`, async () => {
      const pack = openPack(PackSource.over(readFileSync(new URL(`${name}.pack`, fixtures))));
      const served = new Served(pack, { typeOf: await extensionTypesFor(pack) });
      let compared = 0;
      for (const entry of pack.entries()) {
        // The fixture holds the link's text where the archive holds the file it led to.
        const path = entry.path === 'link.txt' ? 'c.txt' : entry.path;
        const file = new URL(`sites/${site}/${encodeURI(path)}`, fixtures);
        if (!existsSync(file)) continue;
        const octets = readFileSync(file);
        const target = `/${encodeURI(entry.path)}`;
        for (const coding of ['identity', 'gzip', 'deflate']) {
          const answer = served.get(target, { 'Accept-Encoding': coding });
          expect(answer.status).toBe(200);
          expect(field(answer, 'content-type')).not.toBe(undefined);
          const told = field(answer, 'content-encoding');
          const plain =
            told === 'gzip' ? gunzipSync(answer.body) : told === 'deflate' ? inflateSync(answer.body) : answer.body;
          expect(Buffer.compare(plain, octets), `${target} ${coding}`).toBe(0);
        }
        compared++;
      }
      expect(compared).toBeGreaterThanOrEqual(least);
    });
  }
});
