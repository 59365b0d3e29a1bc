import koffi from 'koffi';
import { CipherSuite } from './cipher-suite.ts';
import type { Aead } from './crypto.ts';
import { TAG_OCTETS } from './parameters.ts';

/*
 * OpenSSL in the Node binary itself, called through koffi. Pointers are numbers: addresses of user space fit 47
 * bits. An address keeps nothing alive: octets whose address is given must be held by whoever gives it until the
 * call returns, and a constant that no function mentions is collected with its memory. Hence `Pinned`.
 */

/** The null pointer. */
export const NULL = 0;

/** Octets and their address, which stays valid as long as this is held. */
export interface Pinned {
  readonly octets: Uint8Array;
  readonly address: number;
}

/** Octets apart from JavaScript's moving heap, with their address. */
export function pinned(size: number): Pinned {
  const octets = new Uint8Array(new ArrayBuffer(size));
  return { octets, address: addressOf(octets) };
}

/** Where octets stand. */
export function addressOf(octets: Uint8Array): number {
  return Number(koffi.address(octets));
}

/** Declares C functions; undefined if one of them is missing: then the caller uses `node:crypto`. */
export function opensslFunctions<T>(prototypes: Readonly<Record<keyof T & string, string>>): T | undefined {
  try {
    const library = koffi.load(null);
    const functions: Record<string, unknown> = {};
    for (const name of Object.keys(prototypes) as (keyof T & string)[]) {
      functions[name] = library.func(prototypes[name]);
    }
    return functions as T;
  } catch {
    return undefined;
  }
}

/*
 * Bulk AEAD by OpenSSL's EVP interface, called in the Node binary itself: one context is used again for every
 * record of a direction, and the output lands where it is wanted. `createCipheriv` makes a stream object and a
 * buffer a record: five times the time for 1 KiB, twice for 16.
 */

const EVP_CTRL_AEAD_GET_TAG = 0x10;
const EVP_CTRL_AEAD_SET_TAG = 0x11;

type Init = (context: number, cipher: number, engine: number, key: number, iv: number) => number;
type Update = (context: number, out: number, outLength: number, input: number, inputLength: number) => number;

interface Symbols {
  readonly contextNew: () => number | bigint;
  readonly contextReset: (context: number) => number;
  readonly contextFree: (context: number) => void;
  readonly control: (context: number, type: number, value: number, pointer: number) => number;
  readonly fetch: (library: number, name: string, properties: number) => number | bigint;
  readonly encryptInit: Init;
  readonly encryptUpdate: Update;
  readonly encryptFinal: (context: number, out: number, outLength: number) => number;
  readonly decryptInit: Init;
  readonly decryptUpdate: Update;
  readonly decryptFinal: (context: number, out: number, outLength: number) => number;
}

const INIT = 'uintptr_t context, uintptr_t cipher, uintptr_t engine, uintptr_t key, uintptr_t iv';
const UPDATE = 'uintptr_t context, uintptr_t out, uintptr_t outLength, uintptr_t input, int inputLength';
const FINAL = 'uintptr_t context, uintptr_t out, uintptr_t outLength';

const symbols: Symbols | undefined = opensslFunctions<Symbols>({
  contextNew: 'uintptr_t EVP_CIPHER_CTX_new()',
  contextReset: 'int EVP_CIPHER_CTX_reset(uintptr_t context)',
  contextFree: 'void EVP_CIPHER_CTX_free(uintptr_t context)',
  control: 'int EVP_CIPHER_CTX_ctrl(uintptr_t context, int type, int value, uintptr_t pointer)',
  fetch: 'uintptr_t EVP_CIPHER_fetch(uintptr_t library, const char *name, uintptr_t properties)',
  encryptInit: `int EVP_EncryptInit_ex(${INIT})`,
  encryptUpdate: `int EVP_EncryptUpdate(${UPDATE})`,
  encryptFinal: `int EVP_EncryptFinal_ex(${FINAL})`,
  decryptInit: `int EVP_DecryptInit_ex(${INIT})`,
  decryptUpdate: `int EVP_DecryptUpdate(${UPDATE})`,
  decryptFinal: `int EVP_DecryptFinal_ex(${FINAL})`,
});

/** Where OpenSSL writes lengths that nobody reads: one int. */
const LENGTH: Pinned = pinned(16);

const CIPHERS: ReadonlyMap<number, number> = fetchCiphers();

/** Contexts without a key, to be used again. */
const IDLE_CONTEXTS: number[] = [];
const IDLE_LIMIT = 1024;

/** Frees the context of a cipher that was collected without `free`: a connection that its owner dropped. */
const FORGOTTEN: FinalizationRegistry<number> = new FinalizationRegistry(giveContext);

function fetchCiphers(): Map<number, number> {
  const ciphers = new Map<number, number>();
  if (symbols === undefined) return ciphers;
  for (const [suite, name] of [
    [CipherSuite.Aes128GcmSha256, 'AES-128-GCM'],
    [CipherSuite.Aes256GcmSha384, 'AES-256-GCM'],
    [CipherSuite.Chacha20Poly1305Sha256, 'ChaCha20-Poly1305'],
  ] as const) {
    const cipher = Number(symbols.fetch(NULL, name, NULL));
    if (cipher !== 0) ciphers.set(suite, cipher);
  }
  return ciphers;
}

function takeContext(): number {
  const context = IDLE_CONTEXTS.pop() ?? Number(symbols!.contextNew());
  if (context === 0) throw new Error('OpenSSL is out of memory');
  return context;
}

/** Resetting a context clears its key. */
function giveContext(context: number): void {
  if (IDLE_CONTEXTS.length < IDLE_LIMIT) {
    symbols!.contextReset(context);
    IDLE_CONTEXTS.push(context);
  } else {
    symbols!.contextFree(context);
  }
}

/** Whether {@link EvpCipher} works for this suite in this process. */
export function evpSupports(suite: number): boolean {
  return CIPHERS.has(suite);
}

/** An AEAD over one reused `EVP_CIPHER_CTX`: a direction seals or opens, never both. */
export class EvpCipher implements Aead {
  readonly #cipher: number;
  #key: Uint8Array;
  /** 0 until first used. */
  #context: number;

  constructor(suite: number, key: Uint8Array) {
    this.#cipher = CIPHERS.get(suite)!;
    this.#key = new Uint8Array(key); // a copy, where slice() of a Buffer is a view
    this.#context = 0;
  }

  sealStart(nonce: Uint8Array, header: Uint8Array, headerAt: number): void {
    const openssl = symbols!;
    if (this.#context === 0) {
      this.#context = takeContext();
      FORGOTTEN.register(this, this.#context, this);
      openssl.encryptInit(this.#context, this.#cipher, NULL, addressOf(this.#key), NULL);
      this.#key.fill(0);
    }
    openssl.encryptInit(this.#context, NULL, NULL, NULL, addressOf(nonce));
    openssl.encryptUpdate(this.#context, NULL, LENGTH.address, addressOf(header) + headerAt, 5);
  }

  sealUpdate(input: Uint8Array, start: number, end: number, output: Uint8Array, at: number): void {
    symbols!.encryptUpdate(
      this.#context,
      addressOf(output) + at,
      LENGTH.address,
      addressOf(input) + start,
      end - start,
    );
  }

  sealFinish(output: Uint8Array, at: number): void {
    const tag = addressOf(output) + at;
    symbols!.encryptFinal(this.#context, tag, LENGTH.address);
    symbols!.control(this.#context, EVP_CTRL_AEAD_GET_TAG, TAG_OCTETS, tag);
  }

  open(
    nonce: Uint8Array,
    header: Uint8Array,
    headerAt: number,
    input: Uint8Array,
    start: number,
    end: number,
    output: Uint8Array,
    at: number,
  ): boolean {
    const openssl = symbols!;
    if (this.#context === 0) {
      this.#context = takeContext();
      FORGOTTEN.register(this, this.#context, this);
      openssl.decryptInit(this.#context, this.#cipher, NULL, addressOf(this.#key), NULL);
      this.#key.fill(0);
    }
    const context = this.#context;
    const source = addressOf(input) + start;
    const target = addressOf(output) + at;
    const length = end - start - TAG_OCTETS;
    openssl.decryptInit(context, NULL, NULL, NULL, addressOf(nonce));
    openssl.decryptUpdate(context, NULL, LENGTH.address, addressOf(header) + headerAt, 5);
    if (length > 0) openssl.decryptUpdate(context, target, LENGTH.address, source, length);
    openssl.control(context, EVP_CTRL_AEAD_SET_TAG, TAG_OCTETS, source + length);
    return openssl.decryptFinal(context, target + length, LENGTH.address) === 1;
  }

  free(): void {
    this.#key.fill(0);
    if (this.#context === 0) return;
    FORGOTTEN.unregister(this);
    giveContext(this.#context);
    this.#context = 0;
  }
}
