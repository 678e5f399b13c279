import { expect, test } from 'vitest';
import { fileTypes, Reply, Request } from '../../../../src/lxcfs/fuse/protocol.ts';

/** A request with the header of a kernel: unique 0x1122334455667788, node 3:7, uid 1000, thread 4711. */
function request(opcode: number, body: string): Request {
  const made = new Request();
  const head = '0000000000000000887766554433221107000000030000 00e8030000e903000067120000 00000000';
  Buffer.from(head.replaceAll(' ', ''), 'hex').copy(made.bytes);
  const bytes = Buffer.from(body.replaceAll(' ', ''), 'hex');
  bytes.copy(made.bytes, 40);
  made.bytes.writeUInt32LE(40 + bytes.length, 0);
  made.bytes.writeUInt32LE(opcode, 4);
  return made;
}

function hex(reply: Reply, length: number): string {
  return reply.bytes.toString('hex', 0, length);
}

const unique = '8877665544332211';

test('The header of a request is read', () => {
  const made = request(14, '01000000 00000000');
  expect([made.opcode, made.uid, made.tid, made.u32(16), made.u32(20)]).toEqual([14, 1000, 4711, 7, 3]);
  expect(made.unique).toEqual({ high: 0x11223344, low: 0x55667788 });
});

test('A request that is handed out again says so and keeps its number', () => {
  const made = request(15, '');
  made.bytes[15] = 0x91;
  expect(made.resent).toBe(true);
  expect(made.unique).toEqual({ high: 0x11223344, low: 0x55667788 });
  const reply = new Reply();
  expect(hex(reply, reply.empty(made))).toBe(`1000000000000000887766554433${'22'}91`);
});

test('A name ends before its NUL', () => {
  expect(request(1, '6d656d696e666f00').name).toBe('meminfo');
});

test('An open that writes or truncates is told from one that reads', () => {
  expect(request(14, '00800000').writes).toBe(false);
  expect(request(14, '01800000').writes).toBe(true);
  expect(request(14, '02800000').writes).toBe(true);
  expect(request(14, '00820000').writes).toBe(true);
});

test('A read by the page cache has no lock owner', () => {
  const read = (flags: string) => request(15, `0000000000000000 0010000000000000 00020000 ${flags}`);
  expect(read('02000000').direct).toBe(true);
  expect(read('00000000').direct).toBe(false);
  expect([read('02000000').offset, read('02000000').size]).toEqual([4096, 512]);
  expect(request(15, '0000000000000000 0000000001000000 00020000 02000000').offset).toBe(
    Number.MAX_SAFE_INTEGER,
  );
});

test('An error is sixteen bytes with a negative number', () => {
  const reply = new Reply();
  expect(hex(reply, reply.error(request(1, ''), 2))).toBe(`10000000feffffff${unique}`);
});

test('INIT is answered with what every kernel since 5.4 knows', () => {
  const reply = new Reply();
  const body = [
    '07000000 26000000', // 7.38
    '00000100', // readahead
    '01000000', // ASYNC_READ
    '0c00 0900', // background, congestion
    '00100000', // max_write
    '01000000', // time_gran
    '0000 0000 00000000'.padEnd(19, ' '),
    '00'.repeat(28),
  ].join('');
  const expected = `5000000000000000${unique}${body.replaceAll(' ', '')}`;
  expect(hex(reply, reply.init(request(26, '07000000 2d000000 00000200 ffffffff')))).toBe(
    expected.padEnd(160, '0').slice(0, 160),
  );
  reply.init(request(26, '07000000 1f000000 00000200 ffffffff'));
  expect(reply.bytes.readUInt32LE(20)).toBe(31);
});

test('A kernel that speaks an older protocol gets no answer', () => {
  expect(new Reply().init(request(26, '07000000 16000000 00000200 ffffffff'))).toBe(0);
});

test('A name that does not exist may be asked for again at once', () => {
  const reply = new Reply();
  expect(hex(reply, reply.noEntry(request(1, '')))).toBe(`9000000000000000${unique}${'00'.repeat(128)}`);
});

test('An entry has its node, both times to live, and its attributes', () => {
  const reply = new Reply();
  const file = { ttl: 1, size: 1025, mode: fileTypes.file | 0o444, nlink: 1, seconds: 5 };
  const length = reply.entry(request(1, ''), { low: 9, high: 2 }, 3600, file);
  expect(length).toBe(144);
  const words = Array.from({ length: 32 }, (_, index) => reply.bytes.readUInt32LE(16 + index * 4));
  const attributes = [9, 2, 1025, 0, 3, 0, 5, 0, 5, 0, 5, 0, 0, 0, 0, 0o100444, 1, 0, 0, 0, 4096, 0];
  expect(words).toEqual([9, 2, 0, 0, 3600, 0, 1, 0, 0, 0, ...attributes]);
});

test('An open file has its handle and how it is to be read', () => {
  const reply = new Reply();
  const length = reply.open(request(14, ''), { low: 0x11, high: 0x22 }, 33);
  expect(hex(reply, length)).toBe(`2000000000000000${unique}11000000220000002100000000000000`);
});

test('Directory entries are padded to eight bytes and stop where the reader ends', () => {
  const reply = new Reply();
  const node = { low: 5, high: 0 };
  expect(reply.directoryEntry(16, 16 + 31, node, 1, fileTypes.file, 'stat')).toBe(0);
  expect(reply.directoryEntry(16, 16 + 32, node, 1, fileTypes.file, 'stat')).toBe(32);
  expect(reply.bytes.toString('hex', 16, 48)).toBe(
    '0500000000000000' + '0100000000000000' + '0400000008000000' + '7374617400000000',
  );
});
