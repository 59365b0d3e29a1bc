// First of all: without a listener Node answers SIGUSR1 by opening a debugger port.
process.on('SIGUSR1', () => undefined);
const { runImmuable } = await import('./program.ts');
process.exitCode = await runImmuable(process.argv.slice(2));
