/**
 * Puts a program of the kernel's classic filter machine together from its end, so that whatever jumps knows where to.
 * Jumps go forward by at most 255 instructions; further ones go by way of another.
 */

/** Position of an instruction, counted from the end of the program. */
export type Label = number;

interface Instruction {
  readonly code: number;
  readonly yes: number;
  readonly no: number;
  readonly k: number;
}

export const codes = {
  load: 0x20,
  and: 0x54,
  jump: 0x05,
  ifEqual: 0x15,
  ifGreater: 0x25,
  ifAtLeast: 0x35,
  return: 0x06,
} as const;

/** Two detours, one for each way of a branch, may come in between. */
const furthest = 255 - 2;
const size = 8;

export class Assembler {
  /** The last instruction of the program first. */
  readonly #backward: Instruction[] = [];
  readonly #returns = new Map<number, Label>();

  get length(): number {
    return this.#backward.length;
  }

  answer(value: number): Label {
    const known = this.#returns.get(value);
    if (known !== undefined && this.#isNear(known)) return known;
    const label = this.#put(codes.return, value);
    this.#returns.set(value, label);
    return label;
  }

  branch(code: number, k: number, yes: Label, no: Label): Label {
    const [far, near] = [this.#near(yes), this.#near(no)];
    return this.#put(code, k, this.#distance(far), this.#distance(near));
  }

  load(offset: number, next: Label): Label {
    return this.#before(codes.load, offset, next);
  }

  and(mask: number, next: Label): Label {
    return this.#before(codes.and, mask, next);
  }

  /** struct sock_filter[]. */
  program(start: Label): Buffer {
    if (this.#distance(start) !== 0) this.#put(codes.jump, this.#distance(start));
    const bytes = Buffer.alloc(this.length * size);
    for (const [index, { code, yes, no, k }] of this.#backward.toReversed().entries()) {
      bytes.writeUInt16LE(code, index * size);
      bytes.writeUInt8(yes, index * size + 2);
      bytes.writeUInt8(no, index * size + 3);
      bytes.writeUInt32LE(k >>> 0, index * size + 4);
    }
    return bytes;
  }

  /** Instructions that the one to be put next has to skip. */
  #distance(label: Label): number {
    return this.length - 1 - label;
  }

  #isNear(label: Label): boolean {
    return this.#distance(label) <= furthest;
  }

  #near(label: Label): Label {
    if (this.#isNear(label)) return label;
    const there = this.#backward[label];
    if (there?.code === codes.return) return this.answer(there.k);
    return this.#put(codes.jump, this.#distance(label));
  }

  /** An instruction that has only what follows it to go on with. */
  #before(code: number, k: number, next: Label): Label {
    if (this.#distance(next) !== 0) this.#put(codes.jump, this.#distance(next));
    return this.#put(code, k);
  }

  #put(code: number, k: number, yes = 0, no = 0): Label {
    return this.#backward.push({ code, yes, no, k }) - 1;
  }
}
