/** Folders to serve, and archives made of them by our own program. */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { programs } from '../scripts/set-up.js';
import { run } from './processes.js';

/** Octets that do not compress, the same each time. */
function noise(length, seed) {
  const octets = Buffer.alloc(length);
  let block = createHash('sha512').update(seed).digest();
  for (let at = 0; at < length; at += block.length) {
    block = createHash('sha512').update(block).digest();
    block.copy(octets, at);
  }
  return octets;
}

/** A page of `length` octets that gzip makes about `compressed` octets. */
function page(length, compressed) {
  const head = '<!doctype html><meta charset="utf-8"><title>A page</title>\n';
  for (let part = compressed; part > 16; part -= 16) {
    const random = noise(Math.ceil((part * 3) / 4), 'page').toString('base64');
    const filler = '<p>From wire to file.</p>\n'.repeat(Math.ceil(length / 26));
    const text = `${head}<!-- ${random} -->\n${filler}`.slice(0, length);
    if (gzipSync(text, { level: 9 }).length <= compressed) return Buffer.from(text);
  }
  throw new Error('no such page');
}

/** Makes the folders and archives of a run under `folder`. */
export class Sites {
  constructor(folder, { largeOctets }) {
    this.folder = folder;
    this.largeOctets = largeOctets;
    this.small = join(folder, 'small');
    mkdirSync(this.small, { recursive: true });
    writeFileSync(join(this.small, '1k.bin'), noise(1024, '1k'));
    const html = page(10 * 1024, 3 * 1024);
    writeFileSync(join(this.small, 'page.html'), html);
    writeFileSync(join(this.small, 'index.html'), html);
    this.smallPack = this.#make('small', this.small);
    // For gzip_static; made after the archive, which needs no second file.
    writeFileSync(join(this.small, 'page.html.gz'), gzipSync(html, { level: 9 }));
  }

  /** A folder with one file that does not compress, `large.bin`, and its archive. */
  large() {
    const folder = join(this.folder, 'large');
    if (!existsSync(folder)) {
      mkdirSync(folder);
      const block = noise(1 << 20, 'large');
      const fd = openSync(join(folder, 'large.bin'), 'w');
      for (let left = this.largeOctets; left > 0; left -= block.length)
        writeSync(fd, block, 0, Math.min(left, block.length));
      closeSync(fd);
      this.largePack = this.#make('large', folder);
    }
    return { folder, pack: this.largePack };
  }

  /** 30 MB in files of many sizes. */
  medium() {
    const folder = join(this.folder, 'medium');
    if (!existsSync(folder)) {
      mkdirSync(folder);
      for (let i = 0; i < 300; i++) writeFileSync(join(folder, `${i}.bin`), noise(100_000, `medium ${i}`));
      writeFileSync(join(folder, 'page.html'), page(10 * 1024, 3 * 1024));
      this.mediumPack = this.#make('medium', folder);
    }
    return { folder, pack: this.mediumPack };
  }

  /** Files of 8 and of 64 MB for rows that lose segments. */
  lossy() {
    const folder = join(this.folder, 'lossy');
    if (!existsSync(folder)) {
      mkdirSync(folder);
      writeFileSync(join(folder, '8m.bin'), noise(8e6, '8m'));
      writeFileSync(join(folder, '64m.bin'), noise(64e6, '64m'));
      this.lossyPack = this.#make('lossy', folder);
    }
    return { folder, pack: this.lossyPack };
  }

  /** A certificate of P-256 that signs itself, as PEM files. */
  certificate() {
    const chain = join(this.folder, 'chain.pem');
    const key = join(this.folder, 'key.pem');
    if (!existsSync(chain)) {
      const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', key];
      const name = ['-subj', '/CN=bench', '-addext', 'subjectAltName=DNS:bench', '-days', '30'];
      run('openssl', ['req', '-x509', ...kind, ...name, '-out', chain], { stdio: ['ignore', 'pipe', 'pipe'] });
    }
    return { chain, key };
  }

  #make(name, folder) {
    const pack = join(this.folder, `${name}.pack`);
    run(process.execPath, [programs.make, 'make', '--without-progress', '-o', pack, folder]);
    return pack;
  }
}
