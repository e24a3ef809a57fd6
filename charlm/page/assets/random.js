// The random numbers of numpy's Philox, so that a seed means here what it means to `charlm sample`.
// Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3; the seed is spread by numpy's SeedSequence.

const MASK = 0xffffffffffffffffn;

function seedWords(seed, spawned, count) { // SeedSequence(seed, spawn_key=(spawned,)).generate_state(count), 32 bits
  const POOL = 4, entropy = [];
  for (let rest = BigInt(seed); rest || !entropy.length; rest >>= 32n) entropy.push(Number(rest & 0xffffffffn));
  while (entropy.length < POOL) entropy.push(0);
  entropy.push(spawned);
  let factor = 0x43b0d7e5;
  const hash = value => {
    value = (value ^ factor) >>> 0;
    factor = Math.imul(factor, 0x931e8875) >>> 0;
    value = Math.imul(value, factor) >>> 0;
    return (value ^ value >>> 16) >>> 0;
  };
  const mix = (x, y) => {
    const mixed = (Math.imul(x, 0xca01f9dd) - Math.imul(y, 0x4973f715)) >>> 0;
    return (mixed ^ mixed >>> 16) >>> 0;
  };
  const pool = entropy.slice(0, POOL).map(hash);
  for (let from = 0; from < POOL; from++)
    for (let to = 0; to < POOL; to++) if (from !== to) pool[to] = mix(pool[to], hash(pool[from]));
  for (const word of entropy.slice(POOL)) for (let to = 0; to < POOL; to++) pool[to] = mix(pool[to], hash(word));
  let own = 0x8b51f9dd;
  return Array.from({ length: count }, (_, n) => {
    let value = (pool[n % POOL] ^ own) >>> 0;
    own = Math.imul(own, 0x58f38ded) >>> 0;
    value = Math.imul(value, own) >>> 0;
    return (value ^ value >>> 16) >>> 0;
  });
}

// A function that gives the next number in [0, 1) of the stream of a sample under a seed.
function randomStream(seed, sample = 0) {
  const words = seedWords(seed, sample, 4).map(BigInt);
  const key = [words[0] | words[1] << 32n, words[2] | words[3] << 32n];
  let counter = 0n, drawn = [];
  const block = () => {
    counter += 1n;
    let [c0, c1, c2, c3] = [counter & MASK, counter >> 64n & MASK, 0n, 0n], [k0, k1] = key;
    for (let round = 0; round < 10; round++) {
      const p0 = c0 * 0xd2e7470ee14c6c93n, p1 = c2 * 0xca5a826395121157n;
      [c0, c1, c2, c3] = [p1 >> 64n ^ c1 ^ k0, p1 & MASK, p0 >> 64n ^ c3 ^ k1, p0 & MASK];
      k0 = k0 + 0x9e3779b97f4a7c15n & MASK;
      k1 = k1 + 0xbb67ae8584caa73bn & MASK;
    }
    return [c3, c2, c1, c0]; // the first is taken from the end
  };
  return () => {
    if (!drawn.length) drawn = block();
    return Number(drawn.pop() >> 11n) * 2 ** -53;
  };
}
