export { DynamicTable } from './dynamic-table.ts';
export { FieldList } from './field-list.ts';
export { HpackDecoder } from './hpack-decoder.ts';
export { HpackEncoder, Indexing } from './hpack-encoder.ts';
export { HpackFailure } from './hpack-failure.ts';
export { FIELD_OVERHEAD, HpackField } from './hpack-field.ts';
