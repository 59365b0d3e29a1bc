export { type Answer, type Request, SocketAgent } from './socket-agent.ts';
