import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';

const setns: (fd: number, kind: number) => number = koffi.load(null).func('int setns(int, int)');
const CLONE_NEWNET = 0x40000000;

/** Why the tests of this file are skipped, or false: they need root, to make a network namespace. CI runs as root. */
export const skipped: string | false =
  process.platform !== 'linux'
    ? 'taps are Linux devices'
    : process.getuid?.() !== 0
      ? 'a network namespace of its own needs root'
      : false;

let serial = 0;

/** A network namespace that this thread moves into, and the processes it starts: removed at the end. */
export class TestNamespace {
  readonly name: string;
  readonly #home: number;

  constructor() {
    this.name = `immuable-${process.pid}-${++serial}`;
    this.#home = openSync('/proc/thread-self/ns/net', 'r');
    execFileSync('ip', ['netns', 'add', this.name]);
    const there = openSync(`/run/netns/${this.name}`, 'r');
    const entered = setns(there, CLONE_NEWNET);
    closeSync(there);
    if (entered !== 0) throw new Error('setns failed');
    this.run('ip link set lo up');
    // The kernel's own chatter (router solicitations, multicast reports) would be frames that no test sent.
    this.run('sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1');
  }

  /** Runs a command inside; returns what it printed, throws when it fails. */
  run(command: string): string {
    const [file, ...args] = command.split(' ');
    return execFileSync(file!, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  leave(): void {
    setns(this.#home, CLONE_NEWNET);
    closeSync(this.#home);
    execFileSync('ip', ['netns', 'del', this.name]);
  }
}
