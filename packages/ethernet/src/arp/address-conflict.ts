import type { MacAddress } from '../mac-address.ts';
import { ConflictOutcome } from './own-address.ts';

/** Somebody else on the link uses an address of ours. */
export class AddressConflict {
  /** IPv4 address, int32. */
  readonly address: number;
  /** Who it is. */
  readonly macAddress: MacAddress;
  readonly outcome: ConflictOutcome;
  /** In clear words, one line. */
  readonly message: string;

  constructor(address: number, macAddress: MacAddress, outcome: ConflictOutcome) {
    this.address = address;
    this.macAddress = macAddress;
    this.outcome = outcome;
    const text = `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
    switch (outcome) {
      case ConflictOutcome.Taken:
        this.message = `${text} is already used on this network by ${macAddress}: choose another address`;
        break;
      case ConflictOutcome.Defended:
        this.message = `${text} is ours, but ${macAddress} uses it too: announced it again`;
        break;
      default:
        this.message = `${text} is ours, but ${macAddress} keeps using it too: connections will suffer until one of the two gives it up`;
    }
  }
}
