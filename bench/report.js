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

/** For each goal of a row, in words, whether it was reached. */
export function verdicts(row, series) {
  return (row.goals ?? []).map((goal) => {
    const ours = series.get(goal.name ?? 'immuable-net');
    if (ours === undefined) return 'not measured';
    const values = goal.of === 'beside' ? ours.besides : ours.values;
    const unit = goal.of === 'beside' ? row.beside : row.unit;
    const found = median(values);
    if (goal.against === undefined) {
      if (goal.atMost !== undefined) return judge(found <= goal.atMost, `at most ${goal.atMost} ${unit}`);
      return judge(found >= goal.atLeast, `at least ${figure(goal.atLeast)} ${unit}`);
    }
    const other = series.get(goal.against);
    if (other === undefined) return `not measured: ${goal.against}`;
    const ratio = found / median(goal.of === 'beside' ? other.besides : other.values);
    if (goal.atMost !== undefined) {
      return judge(ratio <= goal.atMost, `at most ${goal.atMost} × ${goal.against}'s ${unit}`, ratio);
    }
    return judge(ratio >= goal.atLeast, `at least ${goal.atLeast} × ${goal.against}'s ${unit}`, ratio);
  });
}

function judge(reached, goal, ratio) {
  const found = ratio === undefined ? '' : `, found ${ratio.toFixed(2)} ×`;
  return `${reached ? 'reached' : 'NOT reached'}: ${goal}${found}`;
}

/** A row as lines of Markdown. */
export function table(row, series, notes) {
  const beside = row.beside === undefined ? [] : [row.beside];
  const reference = row.reference ?? 'nginx';
  const head = ['', row.unit, `× ${reference}`, ...beside];
  const lines = [`### ${row.title}`, '', `| ${head.join(' | ')} |`, `|${head.map(() => ' --- |').join('')}`];
  const other = series.get(reference);
  for (const [name, { values, besides }] of series) {
    const ratio = other === undefined ? '' : figure(median(values) / median(other.values));
    const cells = [name, summary(values), ratio, ...(row.beside === undefined ? [] : [summary(besides)])];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  for (const result of verdicts(row, series)) lines.push('', `Goal ${result}.`);
  for (const note of new Set(notes)) lines.push('', note);
  return lines;
}
