import koffi from 'koffi';

// The numbers of linux/memfd.h, fcntl.h and mman.h; the same on every architecture that Node runs on.
const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_ADD_SEALS = 1033;
/** F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE. */
const ALL_SEALS = 1 | 2 | 4 | 8;
const PROT_READ = 1;
const MAP_SHARED = 1;

interface LibC {
  memfdCreate(name: string, flags: number): number;
  fcntl(fd: number, command: number, argument: number): number;
  mmap(address: null, length: number, protection: number, flags: number, fd: number, offset: number): bigint;
  munmap(address: bigint, length: number): number;
}

let loaded: LibC | undefined;

/** Looked up at the first use: a system without one of these functions can still read archives otherwise. */
function libc(): LibC {
  if (loaded === undefined) {
    const library = koffi.load(null);
    loaded = {
      memfdCreate: library.func('int memfd_create(const char *, unsigned int)'),
      fcntl: library.func('fcntl', 'int', ['int', 'int', 'int']),
      mmap: library.func('void *mmap(void *, size_t, int, int, int, int64_t)'),
      munmap: library.func('int munmap(void *, size_t)'),
    };
  }
  return loaded;
}

function failed(call: string): Error {
  const errno = koffi.errno();
  const code = Object.entries(koffi.os.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`;
  return Object.assign(new Error(`${call} failed: ${code}`), { code });
}

/** A file in memory that has no name: `write` to it, then {@link sealMemory}. The caller closes the descriptor. */
export function createSealedMemory(name: string): number {
  const fd = libc().memfdCreate(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) throw failed('memfd_create');
  return fd;
}

/** From now on nobody, this process included, can change the memory's contents or length. */
export function sealMemory(fd: number): void {
  if (libc().fcntl(fd, F_ADD_SEALS, ALL_SEALS) < 0) throw failed('fcntl(F_ADD_SEALS)');
}

/** A file mapped for reading, in windows. It stays mapped when the descriptor is closed. */
export class MappedWindows {
  readonly windows: readonly Uint8Array[];
  readonly #addresses: bigint[];

  /** `windowOctets` is a multiple of the page size. */
  constructor(fd: number, length: number, windowOctets: number) {
    const windows: Uint8Array[] = [];
    this.#addresses = [];
    this.windows = windows;
    for (let start = 0; start < length; start += windowOctets) {
      const octets = Math.min(windowOctets, length - start);
      const address = libc().mmap(null, octets, PROT_READ, MAP_SHARED, fd, start);
      // MAP_FAILED is (void *) -1.
      if (BigInt.asIntN(64, address) === -1n) {
        const error = failed('mmap');
        this.close();
        throw error;
      }
      this.#addresses.push(address);
      windows.push(new Uint8Array(koffi.view(address, octets)));
    }
  }

  /** Unmaps every window. Reading one after that ends the process. */
  close(): void {
    for (let i = 0; i < this.#addresses.length; i++) libc().munmap(this.#addresses[i]!, this.windows[i]!.length);
    this.#addresses.length = 0;
  }
}
