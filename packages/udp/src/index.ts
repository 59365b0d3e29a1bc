/**
 * UDP datagrams and sockets, sans-IO.
 *
 * @packageDocumentation
 */
export {};
