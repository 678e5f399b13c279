/** Runs a device program as the kernel would: the few instructions that it is made of, and nothing else. */

export interface DeviceRequest {
  readonly type: 'b' | 'c';
  readonly major: number;
  readonly minor: number;
  /** Some of r, w, m. */
  readonly access: string;
}

const accessBits: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 };

export function runDeviceProgram(program: Buffer, request: DeviceRequest): boolean {
  const context = contextOf(request);
  const registers = new Uint32Array(11);
  const limit = program.length / 8;
  for (let at = 0, steps = 0; steps < 10_000; steps++) {
    if (at < 0 || at >= limit) throw new Error(`jumped to ${at} of ${limit}`);
    const next = execute(program.subarray(at * 8, at * 8 + 8), registers, context);
    if (next === 'exit') return registers[0] === 1;
    at += 1 + next;
  }
  throw new Error('the program does not end');
}

function contextOf({ type, major, minor, access }: DeviceRequest): Buffer {
  const bits = [...access].reduce((sum, letter) => sum | (accessBits[letter] ?? 0), 0);
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE((bits << 16) | (type === 'b' ? 1 : 2), 0);
  bytes.writeUInt32LE(major, 4);
  bytes.writeUInt32LE(minor, 8);
  return bytes;
}

/** How far to jump, or `exit`. */
function execute(instruction: Buffer, registers: Uint32Array, context: Buffer): number | 'exit' {
  const code = instruction.readUInt8(0);
  const [to, from] = [instruction.readUInt8(1) & 15, instruction.readUInt8(1) >> 4];
  const offset = instruction.readInt16LE(2);
  const value = instruction.readInt32LE(4) >>> 0;
  const old = registers[to] ?? 0;
  switch (code) {
    case 0x61:
      registers[to] = context.readUInt32LE(offset);
      return 0;
    case 0xb7:
      registers[to] = value;
      return 0;
    case 0xbf:
      registers[to] = registers[from] ?? 0;
      return 0;
    case 0x54:
      registers[to] = old & value;
      return 0;
    case 0x74:
      registers[to] = old >>> value;
      return 0;
    case 0x56:
      return old === value ? 0 : offset;
    case 0x16:
      return old === value ? offset : 0;
    case 0x95:
      return 'exit';
    default:
      throw new Error(`unknown instruction 0x${code.toString(16)}`);
  }
}
