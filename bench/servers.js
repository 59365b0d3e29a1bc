/** The three that are compared: ours on a tap, nginx and node:http on the kernel's stack. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programs } from '../scripts/set-up.js';
import { family, run, start, stop } from './processes.js';

const NODE_HTTP = fileURLToPath(new URL('node-http-server.js', import.meta.url));

/** A server that runs. */
export class Server {
  constructor(name, child, url, network) {
    this.name = name;
    this.child = child;
    /** Without a slash at its end. */
    this.url = url;
    this.network = network;
  }

  /** The same over TLS. */
  get secureUrl() {
    return this.url.replace('http:', 'https:');
  }

  get pid() {
    return this.child.pid;
  }

  /** Its processes: the command that enters the namespace becomes the first of them. */
  members() {
    return family(this.child.pid);
  }

  /** Waits until it answers; throws with what it printed when it does not. */
  async ready(path = '/') {
    const args = [
      'netns',
      'exec',
      this.network.client,
      'curl',
      '-s',
      '-o',
      '/dev/null',
      '-m',
      '1',
      `${this.url}${path}`,
    ];
    for (let attempt = 0; attempt < 100; attempt++) {
      if (this.child.exitCode !== null) break;
      try {
        run('ip', args);
        return this;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    throw new Error(`${this.name} does not answer\n${this.child.printed()}`);
  }

  stop() {
    return stop(this.child);
  }
}

/** The command that serves `pack` by our program on the network's tap. */
export function oursCommand(network, pack, ...more) {
  const args = [programs.serve, '--tap', network.tap, '--ipv4', `${network.ours}/24`, '--pack', pack, ...more];
  return network.inside(network.client, process.execPath, ...args);
}

export function startOurs(network, pack, ...more) {
  const [command, args] = oursCommand(network, pack, ...more);
  return new Server('immuable-net', start(command, args), `http://${network.ours}`, network);
}

/** The command that serves `folder` by nginx: one worker, sendfile, open_file_cache, gzip_static, no log. */
export function nginxCommand(network, folder, temporary, certificate) {
  const state = join(temporary, 'nginx');
  mkdirSync(state, { recursive: true });
  const configuration = join(state, 'nginx.conf');
  writeFileSync(
    configuration,
    `daemon off;
user root;
worker_processes 1;
pid ${state}/pid;
error_log ${state}/error.log;
events { worker_connections 20000; }
http {
  types { text/html html; application/octet-stream bin; }
  access_log off;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=10000 inactive=1h;
  gzip_static on;
  keepalive_requests 1000000000;
  client_body_temp_path ${state}/body;
  proxy_temp_path ${state}/proxy;
  fastcgi_temp_path ${state}/fastcgi;
  uwsgi_temp_path ${state}/uwsgi;
  scgi_temp_path ${state}/scgi;
  server { listen 80 backlog=8192; root ${folder}; }
  ${certificate === undefined ? '' : nginxTls(folder, certificate)}
}
`,
  );
  return network.inside(network.server, 'nginx', '-c', configuration, '-p', state);
}

/** TLS 1.3 as ours serves it: AES-128-GCM, X25519, tickets, h2 and HTTP/1.1. */
function nginxTls(folder, { chain, key }) {
  return `server {
    listen 443 ssl http2 backlog=8192;
    root ${folder};
    ssl_certificate ${chain};
    ssl_certificate_key ${key};
    ssl_protocols TLSv1.3;
    ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
    ssl_ecdh_curve X25519;
    ssl_session_cache shared:tls:10m;
    ssl_session_tickets on;
    http2_max_requests 1000000000;
  }`;
}

export function startNginx(network, folder, temporary, certificate) {
  const [command, args] = nginxCommand(network, folder, temporary, certificate);
  return new Server('nginx', start(command, args), `http://${network.kernels}`, network);
}

/** The command that serves `folder` by node:http: a small server that keeps small files in memory. */
export function nodeHttpCommand(network, folder, port = 81) {
  return network.inside(network.server, process.execPath, NODE_HTTP, folder, String(port));
}

export function startNodeHttp(network, folder) {
  const [command, args] = nodeHttpCommand(network, folder);
  return new Server('node:http', start(command, args), `http://${network.kernels}:81`, network);
}
