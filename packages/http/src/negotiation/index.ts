export { PlainServer } from './plain-server.ts';
