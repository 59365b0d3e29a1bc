/**
 * Linux tap devices by FFI.
 *
 * @packageDocumentation
 */
export {};
