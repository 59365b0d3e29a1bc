/** What a run found, for the terminal and for RESULTS.md. */
import { cpus, release, totalmem } from 'node:os';
import { figure, median, summary } from './statistics.js';

/** The machine and the programs, in a few lines. */
export function machine(versions) {
  const [cpu] = cpus();
  return [
    `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`,
    `Node ${process.version.slice(1)}; ${versions.join('; ')}`,
  ];
}

/** Whether a row reached its goal, in words; undefined when it has none. */
export function verdict(row, series) {
  const { goal } = row;
  const ours = series.get('immuable-net');
  if (goal === undefined || ours === undefined) return undefined;
  const value = median(ours.values);
  if (goal.atMost !== undefined) return judge(value <= goal.atMost, `at most ${goal.atMost} ${row.unit}`);
  if (goal.absolute !== undefined) return judge(value >= goal.absolute, `at least ${goal.absolute} ${row.unit}`);
  const other = series.get(goal.against);
  if (other === undefined) return undefined;
  const ratio = value / median(other.values);
  return judge(ratio >= goal.atLeast, `at least ${goal.atLeast} × ${goal.against}`, ratio);
}

function judge(reached, goal, ratio) {
  const found = ratio === undefined ? '' : `, found ${ratio.toFixed(2)} ×`;
  return `${reached ? 'reached' : 'NOT reached'}: ${goal}${found}`;
}

/** A row as lines of Markdown. */
export function table(row, series, notes) {
  const beside = row.beside === undefined ? [] : [row.beside];
  const head = ['', row.unit, '× nginx', ...beside];
  const lines = [`### ${row.title}`, '', `| ${head.join(' | ')} |`, `|${head.map(() => ' --- |').join('')}`];
  const nginx = series.get('nginx');
  for (const [name, { values, besides }] of series) {
    const ratio = nginx === undefined ? '' : figure(median(values) / median(nginx.values));
    const cells = [name, summary(values), ratio, ...(row.beside === undefined ? [] : [summary(besides)])];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  const result = verdict(row, series);
  if (result !== undefined) lines.push('', `Goal ${result}.`);
  for (const note of new Set(notes)) lines.push('', note);
  return lines;
}
