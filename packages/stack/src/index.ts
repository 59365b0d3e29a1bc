/**
 * NetworkStack: the layers put together, and the asynchronous facade.
 *
 * @packageDocumentation
 */
export {};
