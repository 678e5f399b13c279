/** One key with values that it takes, what they mean, and values that it refuses. */

export interface Case {
  readonly key: string;
  /** From the text to its value. */
  readonly good: readonly (readonly [string, unknown])[];
  /** From the text to a part of the message. */
  readonly bad: readonly (readonly [string, string])[];
  /** Lines that have to come first. */
  readonly after?: readonly string[];
}

export const flagCase = (key: string, after: readonly string[] = []): Case => ({
  key,
  after,
  good: [
    ['0', false],
    ['1', true],
    ['0x1', true],
  ],
  bad: [
    ['2', 'it is neither 0 nor 1'],
    ['yes', 'it is neither 0 nor 1'],
    ['true', 'it is neither 0 nor 1'],
    ['-1', 'it is neither 0 nor 1'],
  ],
});

export const countCase = (key: string, after: readonly string[] = []): Case => ({
  key,
  after,
  good: [
    ['0', 0],
    ['4', 4],
    ['0x10', 16],
    ['010', 8],
    ['4294967295', 4_294_967_295],
  ],
  bad: [
    ['4294967296', 'it is not between 0 and 4294967295'],
    ['-1', 'it is not between 0 and 4294967295'],
    ['4 ttys', 'it is not a whole number'],
    ['four', 'it is not a whole number'],
    ['08', 'it is not a whole number'],
  ],
});

/** Keys that take any text. */
export const textCase = (key: string, example: string, after: readonly string[] = []): Case => ({
  key,
  after,
  good: [
    [example, example],
    ['with blanks # and a hash', 'with blanks # and a hash'],
  ],
  bad: [['bad\0byte', 'NUL']],
});

export const signalCase = (key: string): Case => ({
  key,
  good: [
    ['SIGPWR', 30],
    ['sigterm', 15],
    ['SIGRTMIN+3', 37],
    ['SIGRTMAX-0', 64],
    ['9', 9],
    ['0', 0],
    ['0x0f', 15],
  ],
  bad: [
    ['TERM', 'did you mean "SIGTERM"?'],
    ['SIGTREM', 'did you mean "SIGTERM"?'],
    ['SIGRTMIN', 'SIGRTMIN+N'],
    ['SIGRTMIN+31', 'there is no such signal'],
    ['65', 'from 0 to 64'],
    ['9x', 'from 0 to 64'],
  ],
});

export const sizeCase = (key: string): Case => ({
  key,
  good: [
    ['auto', 131_072],
    ['0', 0],
    ['1', 4096],
    ['4097', 8192],
    ['64KB', 65_536],
    ['10 mb', 16_777_216],
    ['1G', 1_073_741_824],
  ],
  bad: [
    ['10 elephants', 'it is not a size'],
    ['-1', 'it is not a size'],
    ['MB', 'it is not a size'],
    ['99999999999999GB', 'it is too large'],
  ],
});
