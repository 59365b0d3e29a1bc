/** Child processes of a benchmark, and what they cost: every one started here is stopped in the end. */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** Runs a command to its end and returns what it printed; throws when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26, ...options });
  if (result.error) throw result.error;
  if (result.status !== 0) {
    throw new Error(`${command} ${args.join(' ')}: status ${result.status}\n${result.stderr}${result.stdout}`);
  }
  return result.stdout;
}

/** Runs a command without blocking; resolves with what it printed. */
export function runAsync(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = start(command, args, options);
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) resolve(child.printed());
      else reject(new Error(`${command} ${args.join(' ')}: status ${status}\n${child.printed()}`));
    });
  });
}

/** Starts a command that goes on; `printed()` is what it said so far on both streams. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let text = '';
  const keep = (chunk) => {
    if (text.length < 1 << 22) text += chunk;
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.printed = () => text;
  running.add(child);
  child.on('exit', () => running.delete(child));
  return child;
}

/** Ends a process that {@link start} started, and waits for it. */
export async function stop(child, signal = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(timer);
}

/** Ends everything that still runs. */
export function stopAll() {
  for (const child of running) child.kill('SIGKILL');
}

/** A process and all its descendants. */
export function family(pid) {
  const parents = new Map();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = readStat(entry);
    if (stat !== undefined) parents.set(Number(entry), Number(stat[1]));
  }
  const members = [pid];
  for (let i = 0; i < members.length; i++) {
    for (const [child, parent] of parents) if (parent === members[i]) members.push(child);
  }
  return members;
}

const TICKS = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout) || 100;

/** CPU seconds (user and system) that a process and its descendants used so far. */
export function cpuSeconds(pid) {
  let ticks = 0;
  for (const member of family(pid)) {
    const stat = readStat(member);
    if (stat !== undefined) ticks += Number(stat[11]) + Number(stat[12]);
  }
  return ticks / TICKS;
}

/** Fields of /proc/PID/stat from the third on (the second may hold spaces). */
function readStat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/**
 * Resident memory of a process in MiB: all of it, and that of mappings whose name a pattern matches.
 * @param {number} pid @param {RegExp} pattern
 */
export function residentMiB(pid, pattern) {
  let all = 0;
  let matched = 0;
  let inside = false;
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'latin1').split('\n')) {
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) inside = pattern.test(line);
    const rss = /^Rss:\s+(\d+) kB/.exec(line);
    if (rss === null) continue;
    all += Number(rss[1]);
    if (inside) matched += Number(rss[1]);
  }
  return { all: all / 1024, matched: matched / 1024 };
}
