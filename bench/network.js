/**
 * Two hosts of our own, each in a network namespace: a client, and a server behind a veth pair. Our program runs in
 * the client's namespace and drives a tap there: the client's host is then the kernel's side of the tap, and the
 * server is our stack, so that one wire lies between client and server in both cases.
 */
import { run } from './processes.js';

const OURS = '10.77.1.2';
const KERNELS = '10.77.2.2';

export class Network {
  /** The namespace that loses segments. */
  #lossy;

  constructor() {
    this.client = `bench-client-${process.pid}`;
    this.server = `bench-server-${process.pid}`;
    this.tap = 'tap0';
    /** Where our stack is, with the client's side at .1. */
    this.ours = OURS;
    /** Where nginx and node:http are. */
    this.kernels = KERNELS;
    for (const name of [this.client, this.server]) {
      run('ip', ['netns', 'add', name]);
      run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
      for (const setting of ['net.ipv4.tcp_max_syn_backlog=8192', 'net.core.somaxconn=8192'])
        this.exec(name, 'sysctl', '-qw', setting);
      // A thousand connects at once from few ports, several times over.
      this.exec(name, 'sysctl', '-qw', 'net.ipv4.tcp_tw_reuse=1', 'net.ipv4.ip_local_port_range=2000 65000');
    }
    run('ip', [
      'link',
      'add',
      'veth-c',
      'netns',
      this.client,
      'type',
      'veth',
      'peer',
      'name',
      'veth-s',
      'netns',
      this.server,
    ]);
    for (const [name, device, address] of [
      [this.client, 'veth-c', '10.77.2.1/24'],
      [this.server, 'veth-s', `${KERNELS}/24`],
    ]) {
      run('ip', ['-n', name, 'addr', 'add', address, 'dev', device]);
      run('ip', ['-n', name, 'link', 'set', device, 'up']);
    }
    // The kernel's default here may be BBR: nginx and node:http send under CUBIC, as our stack's peers would.
    for (const name of [this.client, this.server]) this.#route(name, 'cubic');
  }

  /** Runs a command in a namespace and returns what it printed. */
  exec(namespace, command, ...args) {
    return run('ip', ['netns', 'exec', namespace, command, ...args]);
  }

  /** The command line that runs a command in a namespace. */
  inside(namespace, command, ...args) {
    return ['ip', ['netns', 'exec', namespace, command, ...args]];
  }

  /** What the server's kernel says of its connections: the congestion control in force. */
  sockets() {
    return run('ip', ['netns', 'exec', this.server, 'ss', '-tin', 'state', 'established']);
  }

  /** Lets a device send and take one segment at a time. */
  single(namespace, device) {
    run('ip', ['-n', namespace, 'link', 'set', device, 'gso_max_segs', '1']);
    this.exec(namespace, 'ethtool', '-K', device, 'gro', 'off', 'tso', 'off', 'gso', 'off');
  }

  /** Loses TCP segments where a host takes them from its devices: on egress the sender's kernel would notice. */
  lose(namespace, devices, percent) {
    const lines = ['add table netdev loss'];
    devices.forEach((device, index) => {
      lines.push(
        `add chain netdev loss in${index} { type filter hook ingress device "${device}" priority 0; policy accept; }`,
      );
      lines.push(`add rule netdev loss in${index} ip protocol tcp numgen random mod 1000 < ${percent * 10} drop`);
    });
    run('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], { input: `${lines.join('\n')}\n` });
    this.#lossy = namespace;
  }

  /** Which congestion control a host's kernel sends by from now on. */
  sendBy(namespace, algorithm) {
    this.#route(namespace, algorithm);
  }

  /** Loses nothing any more, sends by CUBIC, and lets devices carry large segments again. */
  restore() {
    if (this.#lossy !== undefined) this.exec(this.#lossy, 'nft', 'delete', 'table', 'netdev', 'loss');
    this.#lossy = undefined;
    for (const [namespace, device] of [
      [this.client, 'veth-c'],
      [this.server, 'veth-s'],
    ]) {
      this.#route(namespace, 'cubic');
      run('ip', ['-n', namespace, 'link', 'set', device, 'gso_max_segs', '65535']);
      this.exec(namespace, 'ethtool', '-K', device, 'gro', 'on', 'tso', 'on', 'gso', 'on');
    }
  }

  close() {
    for (const name of [this.client, this.server]) run('ip', ['netns', 'del', name]);
  }

  #route(namespace, algorithm) {
    // A tap is there only while our program runs.
    const routes = run('ip', ['-n', namespace, '-o', '-4', 'route', 'show']).trim().split('\n');
    for (const line of routes) {
      const words = line.trim().split(/\s+/);
      const congctl = words.indexOf('congctl');
      if (congctl >= 0) words.splice(congctl, 2);
      run('ip', ['-n', namespace, 'route', 'change', ...words, 'congctl', algorithm]);
    }
  }
}
