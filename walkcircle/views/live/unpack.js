/**
 * Unpack: from the base64 text in the page to a record and arrays of whole numbers.
 *
 * The bytes, once inflated, are: length of the record (4 bytes, little end first), the record as JSON, then the
 * arrays, each number a zigzag varint. The record's `arrays` says where each begins and how many it holds.
 * Arrays are decoded when first asked for. The Python side is views/payload.py.
 */

/** Inflate the payload and return the record, with `ints(name)`, `places(name)` and `shapes(name)` beside it. */
async function unpack(element) {
  const deflated = Uint8Array.from(atob(element.textContent.trim()), (c) => c.charCodeAt(0));
  const inflated = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(inflated).arrayBuffer());
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const record = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const known = new Map();

  /** The whole numbers kept under a name. */
  function ints(name) {
    if (!known.has(name)) {
      const [offset, count] = record.arrays[name];
      known.set(name, decodeVarints(bytes, 4 + length + offset, count));
    }
    return known.get(name);
  }

  /** Places as x, y, x, y, …: running sums of the differences that were kept. */
  function places(name) {
    const key = `${name}:places`;
    if (!known.has(key)) {
      const moves = ints(name);
      const xy = new Float64Array(moves.length);
      for (let i = 0; i < moves.length; i++) xy[i] = moves[i] + (i > 1 ? xy[i - 2] : 0);
      known.set(key, xy);
    }
    return known.get(key);
  }

  /**
   * Lines or areas: shape i has the runs `run[i]` to `run[i + 1]`, run r the corners `corner[r]` to
   * `corner[r + 1]` of `xy`.
   */
  function shapes(name) {
    const key = `${name}:shapes`;
    if (!known.has(key)) {
      const run = sumUp(ints(`${name}.parts`));
      const corner = sumUp(ints(`${name}.corners`));
      known.set(key, { xy: places(name), run, corner, count: run.length - 1 });
    }
    return known.get(key);
  }

  return { ...record, ints, places, shapes };
}

/** Decode `count` zigzag varints from `at` on. */
function decodeVarints(bytes, at, count) {
  const out = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    let value = 0;
    let scale = 1;
    let byte;
    do {
      byte = bytes[at++];
      value += (byte & 0x7f) * scale;
      scale *= 128;
    } while (byte & 0x80);
    out[i] = value % 2 ? -(value + 1) / 2 : value / 2;
  }
  return out;
}

/** Running sums with a leading zero: where each group begins. */
function sumUp(counts) {
  const start = new Int32Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) start[i + 1] = start[i] + counts[i];
  return start;
}
