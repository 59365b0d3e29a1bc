/**
 * The two programs, `immuable-net` (serves) and `immuable` (makes archives), and the parts that a server of one's own
 * on these stacks begins with.
 *
 * ```ts
 * import { openArchiveFile, Site } from '@immuable-net/server';
 * import { DateClock, Http1Context, Http1Server } from '@immuable-net/http';
 * import { openPack } from '@immuable-net/pack';
 *
 * const site = await Site.open(openPack(openArchiveFile('block.pack').source));
 * const context = new Http1Context({ service: site, clock: new DateClock(Date.now() - performance.now()) });
 * stack.serve({ port: 80, accept: (connection, _stream, now) => new Http1Server(context, clientOf(connection), now) });
 * ```
 *
 * @packageDocumentation
 */
export { type ArchiveFile, openArchiveFile } from './archive-file/index.ts';
export { ExitStatus } from './exit-status.ts';
export { parseServeOptions, type ServeInvocation, type ServeOptions } from './immuable-net/options.ts';
export { runServer } from './immuable-net/run-server.ts';
export { AccessLog, type AccessLogFormat, combinedLine, jsonLine } from './logs/access-log.ts';
export { Log, type LogLevel } from './logs/log.ts';
export { ProgramFailure } from './program-failure.ts';
export { InProcessResources } from './resources/in-process.ts';
export type { Output } from './resources/output.ts';
export type { Resources } from './resources/resources.ts';
export { type ArchiveLease, Site, type SiteArchive, type SiteOptions } from './site/index.ts';
