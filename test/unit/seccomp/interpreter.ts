/** Runs a filter as the kernel would, and refuses what the kernel's check of programs would refuse. */

export interface Call {
  readonly token: number;
  readonly number: number;
  readonly args: readonly bigint[];
}

interface Instruction {
  readonly code: number;
  readonly yes: number;
  readonly no: number;
  readonly k: number;
}

/** A machine that runs the filter for one call after the other. */
export function machine(filter: Buffer, tell?: (steps: number) => void): (call: Call) => number {
  const program = Array.from({ length: filter.length / 8 }, (_, at): Instruction => {
    const bytes = filter.subarray(at * 8, at * 8 + 8);
    return {
      code: bytes.readUInt16LE(0),
      yes: bytes.readUInt8(2),
      no: bytes.readUInt8(3),
      k: bytes.readUInt32LE(4),
    };
  });
  const data = Buffer.alloc(64);
  return (call) => {
    describeCall(data, call);
    return run(program, data, tell);
  };
}

function run(program: readonly Instruction[], data: Buffer, tell?: (steps: number) => void): number {
  let accumulator = 0;
  let steps = 0;
  for (let at = 0; at < program.length; at++) {
    const { code, yes, no, k } = program[at] ?? { code: 0, yes: 0, no: 0, k: 0 };
    steps++;
    if (code === 0x06) {
      tell?.(steps);
      return k;
    }
    if (code === 0x20) accumulator = data.readUInt32LE(aligned(k));
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (code === 0x05) at += k;
    else at += isTrue(code, accumulator, k) ? yes : no;
  }
  throw new Error('the filter ends without an answer');
}

function isTrue(code: number, accumulator: number, k: number): boolean {
  switch (code) {
    case 0x15:
      return accumulator === k;
    case 0x25:
      return accumulator > k;
    case 0x35:
      return accumulator >= k;
    default:
      throw new Error(`unknown instruction 0x${code.toString(16)}`);
  }
}

function aligned(offset: number): number {
  if (offset % 4 !== 0 || offset >= 64) throw new Error(`load from ${offset}`);
  return offset;
}

/** struct seccomp_data. */
function describeCall(data: Buffer, { token, number, args }: Call): void {
  data.fill(0);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(token, 4);
  for (const [index, value] of args.entries()) data.writeBigUInt64LE(value, 16 + index * 8);
}
