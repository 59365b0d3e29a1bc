import { DateClock, Http1Context, Http1Server, octetsOf } from '@immuable-net/http';
import { SliceQueue } from '@immuable-net/octets';
import { MemorySink, openPack, type Pack, PackSource, PackWriter, type WrittenFile } from '@immuable-net/pack';
import { Site, type SiteOptions } from '../../src/site/index.ts';

const noTurn = (): Promise<void> => Promise.resolve();

export interface FileToServe {
  readonly octets: Uint8Array;
  readonly contentType?: string;
  readonly mode?: number;
}

/** An open archive of these files; text is UTF-8. */
export async function archiveOf(files: Record<string, string | FileToServe>): Promise<Pack> {
  return openPack(PackSource.over(await archiveOctetsOf(files)));
}

export async function archiveOctetsOf(files: Record<string, string | FileToServe>): Promise<Uint8Array> {
  const sink = new MemorySink();
  const writer = new PackWriter(sink);
  const written: WrittenFile[] = [];
  for (const [path, file] of Object.entries(files)) {
    const { octets, contentType, mode } =
      typeof file === 'string'
        ? { octets: new TextEncoder().encode(file), contentType: undefined, mode: undefined }
        : file;
    written.push({ path, mode: mode ?? 0o100644, object: await writer.add(octets), contentType });
  }
  await writer.finish(written, [], noTurn);
  return sink.finish();
}

/** A deterministic run of octets that do not compress (xorshift32). */
export function noise(length: number, seed: number): Uint8Array {
  const octets = new Uint8Array(length);
  let state = seed | 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    octets[i] = state >>> 11;
  }
  return octets;
}

const CLIENT = { address: '192.0.2.1', port: 1, tls: undefined };

export interface Answer {
  readonly status: number;
  readonly fields: Map<string, string[]>;
  readonly body: Uint8Array;
}

/** A site on one HTTP/1.1 connection: what a client gets is read from the octets that would go over the wire. */
export class Served {
  readonly site: Site;
  readonly context: Http1Context;
  #server: Http1Server;
  #now: number;
  readonly #room: number;

  constructor(pack: Pack, options: SiteOptions = {}, room: number = 20_000) {
    this.site = new Site(pack, options);
    this.context = new Http1Context({ service: this.site, clock: new DateClock(784_111_777_000) });
    this.#now = 0;
    this.#room = room;
    this.#server = new Http1Server(this.context, CLIENT, 0);
  }

  /** Turns of the event loop that the last request took. */
  turns = 0;

  request(method: string, target: string, fields: Record<string, string> = {}): Answer {
    let text = `${method} ${target} HTTP/1.1\r\nHost: a\r\n`;
    for (const [name, value] of Object.entries(fields)) text += `${name}: ${value}\r\n`;
    const octets = octetsOf(`${text}\r\n`);
    const consumed = this.#server.arrive(octets, 0, octets.length, this.#now);
    if (consumed !== octets.length) throw new Error(`${consumed} of ${octets.length} octets were consumed`);
    const queue = new SliceQueue();
    this.turns = 0;
    while (!this.#server.idle && this.#server.wish === 0) {
      if (++this.turns > 100_000) throw new Error('the response does not end');
      this.#server.emit(queue, this.#room, this.#now);
      if (this.#server.nextTimeout() <= this.#now) this.#server.timeoutsExpire(this.#now);
    }
    const all = new Uint8Array(queue.length);
    queue.copy(0, all.length, all, 0);
    queue.clear();
    if (this.#server.wish !== 0) this.#server = new Http1Server(this.context, CLIENT, this.#now);
    return readAnswer(all, method);
  }

  get(target: string, fields: Record<string, string> = {}): Answer {
    return this.request('GET', target, fields);
  }
}

function readAnswer(octets: Uint8Array, method: string): Answer {
  let text = '';
  let end = 0;
  for (; !text.endsWith('\r\n\r\n'); end++) {
    if (end === octets.length) throw new Error(`a head does not end: ${JSON.stringify(text)}`);
    text += String.fromCharCode(octets[end]!);
  }
  const [line, ...lines] = text.slice(0, -4).split('\r\n');
  const fields = new Map<string, string[]>();
  for (const each of lines) {
    const [, name, value] = /^([^:]+): (.*)$/.exec(each)!;
    fields.set(name!, [...(fields.get(name!) ?? []), value!]);
  }
  const status = Number(line!.split(' ')[1]);
  const body = octets.slice(end);
  const length = Number(fields.get('content-length')?.[0] ?? 0);
  const none = method === 'HEAD' || status === 304;
  if (body.length !== (none ? 0 : length)) throw new Error(`${body.length} octets for a length of ${length}`);
  return { status, fields, body };
}

/** The value of a field that stands there once; `undefined` when it is absent. */
export function field(answer: Answer, name: string): string | undefined {
  const values = answer.fields.get(name);
  if (values !== undefined && values.length !== 1) throw new Error(`${name} stands there ${values.length} times`);
  return values?.[0];
}

export function textOf(answer: Answer): string {
  return new TextDecoder().decode(answer.body);
}
