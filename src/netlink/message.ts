/** Messages and attributes of netlink: a header, a fixed part, and attributes that nest. */

import { join, type Piece, raw, u16, u32 } from './piece.ts';

/** nlmsghdr.nlmsg_flags */
export const NLM_F = { REQUEST: 0x1, ACK: 0x4, EXCL: 0x200, CREATE: 0x400 } as const;

/** rtnetlink's message types, as far as we send them. */
export const RTM = {
  NEWLINK: 16,
  DELLINK: 17,
  SETLINK: 19,
  NEWADDR: 20,
  NEWROUTE: 24,
  DELROUTE: 25,
  NEWNEIGH: 28,
  DELNEIGH: 29,
} as const;

export type Request = Piece;

/**
 * One row of an attribute table: its number and how its value is written give the function that encodes it, so
 * the table is the encoder and its types at once.
 */
export function attribute<T>(number: number, codec: (value: T) => Piece): (value: T) => Piece {
  return (value) => {
    const content = codec(value);
    const length = 4 + content.bytes.length;
    return join([u16(length), u16(number), content, raw(Buffer.alloc(-length & 3))]);
  };
}

/** An attribute may be left out. */
export type Attributes = readonly (Piece | undefined)[];

export function nest(attributes: Attributes): Piece {
  return join(attributes.filter((piece) => piece !== undefined));
}

/** An attribute for a value that may be absent. */
export function optional<T>(encode: (value: T) => Piece, value: T | undefined): Piece | undefined {
  return value === undefined ? undefined : encode(value);
}

/** A request that asks for an acknowledgement. The number of the message is 0: one is under way at a time. */
export function request(type: number, flags: number, fixed: Piece, attributes: Attributes): Request {
  const body = join([fixed, nest(attributes)]);
  const head = join([
    u32(16 + body.bytes.length),
    u16(type),
    u16(flags | NLM_F.REQUEST | NLM_F.ACK),
    u32(0),
    u32(0),
  ]);
  return join([head, body]);
}
