import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '../../../src/wire/bytes.ts';
import { decodeText, encodeText } from '../../../src/wire/text.ts';

const mostly = fc.oneof(
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
);

test('bytes of any kind come out as they went in', () => {
  fc.assert(
    fc.property(fc.array(mostly), (parts) => {
      const bytes = Buffer.concat(parts);
      expect(encodeText(decodeText(bytes))).toEqual(bytes);
    }),
  );
});

test('a list of texts carries them too', () => {
  const given = Buffer.from('caf\xe9\0né\0', 'latin1');
  const texts = new ByteReader(new ByteWriter().blob(given).take()).texts();
  expect(texts).toEqual(['caf\udce9', 'n\udce9']);
  const written = new ByteReader(new ByteWriter().texts(texts).take()).blob();
  expect(written).toEqual(given);
});

test('UTF-8 stays what it is, the replacement character too', () => {
  const text = 'ä €𝄞 \ufffd';
  expect(decodeText(Buffer.from(text))).toBe(text);
  expect(decodeText(Buffer.concat([Buffer.from(text), Buffer.of(0xff)]))).toBe(`${text}\udcff`);
});
