// A second decoder of sealed log format 1, from SPEC.md, with Node's built-in
// crypto only: node decode.mjs DIR  prints the live records as JSON.
import { createDecipheriv, createHash, hkdfSync, timingSafeEqual } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const dir = process.argv[2];
const meta = JSON.parse(readFileSync(join(dir, "expect.json"), "utf8"));
const epochKey = Buffer.from(meta.epoch_key, "hex");
const contextHash = createHash("sha256").update(Buffer.from(meta.canonical_context, "hex")).digest();

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0x82f63b78 : n >>> 1;
  return n >>> 0;
});
const crc = (...parts) => {
  let c = 0xffffffff;
  for (const p of parts) for (const b of p) c = crcTable[(c ^ b) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
};
const u16 = (n) => { const b = Buffer.alloc(2); b.writeUInt16BE(n); return b; };
const u64 = (n) => { const b = Buffer.alloc(8); b.writeBigUInt64BE(n); return b; };
const must = (ok, what) => { if (!ok) throw new Error(what); };

function open(key, sealed, aad) {
  const d = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12));
  d.setAAD(aad);
  d.setAuthTag(sealed.subarray(sealed.length - 16));
  return Buffer.concat([d.update(sealed.subarray(12, sealed.length - 16)), d.final()]);
}

function derive(h, clientHash) {
  const info = Buffer.concat([Buffer.from("otelcol-sealed segment v1"), u16(1), u16(1), h.store, clientHash, u64(h.id), contextHash]);
  const okm = Buffer.from(hkdfSync("sha256", epochKey, h.salt, info, 64));
  return { key: okm.subarray(0, 32), commitment: okm.subarray(32) };
}

function header(b) {
  must(b.toString("latin1", 0, 8) === "OTELSEAL", "magic");
  must(b.readUInt16BE(8) === 1 && b.readUInt16BE(10) === 1, "unsupported version");
  const h = { length: b.readUInt32BE(12), store: b.subarray(16, 32), id: b.readBigUInt64BE(32), salt: b.subarray(56, 88) };
  must(b.readBigUInt64BE(40) === 0n, "reserved");
  let at = 120;
  at += 1 + b[at]; // provider
  at += 2 + b.readUInt16BE(at); // key id
  at += 2 + b.readUInt16BE(at); // wrapped
  const n = b.readUInt16BE(at);
  const plain = open(derive(h, Buffer.alloc(32)).key, b.subarray(at + 2, at + 2 + n), b.subarray(0, at + 2));
  at += 2 + n;
  h.firstSeq = plain.readBigUInt64BE(8);
  h.checkpoint = plain[24] === 1;
  h.client = plain.toString("utf8", 27, 27 + plain.readUInt16BE(25));
  h.clientHash = createHash("sha256").update(h.client).digest();
  const { key, commitment } = derive(h, h.clientHash);
  must(timingSafeEqual(commitment, b.subarray(88, 120)), "commitment");
  h.key = key;
  must(open(key, b.subarray(at, at + 28), b.subarray(0, at)).length === 0, "header tag");
  must(b.subarray(at + 28, h.length).every((c) => c === 0), "padding");
  return h;
}

class Cursor {
  constructor(b) { this.b = b; this.at = 0; }
  uvarint() {
    let v = 0n, shift = 0n;
    for (;;) {
      const c = this.b[this.at++];
      v |= BigInt(c & 127) << shift;
      if (c < 128) return v;
      shift += 7n;
    }
  }
  take(n) { const s = this.b.subarray(this.at, this.at + Number(n)); must(s.length === Number(n), "cut"); this.at += Number(n); return s; }
}

function patch(old, p) {
  const c = new Cursor(p);
  const base = c.uvarint();
  must(base === old.seq, "patch of another value");
  const out = Buffer.alloc(Number(c.uvarint()));
  old.value.copy(out);
  let at = 0;
  while (c.at < p.length) {
    at += Number(c.uvarint());
    const run = c.take(c.uvarint());
    run.copy(out, at);
    at += run.length;
  }
  return out;
}

const names = readdirSync(dir).filter((n) => /^[0-9a-f]{16}\.seg$/.test(n)).sort();
const segments = names.map((n) => { const b = readFileSync(join(dir, n)); return { b, h: header(b) }; });
const records = new Map();
let next = segments[0].h.firstSeq, lastHash = null;
segments.forEach(({ b, h }, i) => {
  const limit = i + 1 < segments.length ? segments[i + 1].h.firstSeq : 1n << 62n;
  for (let at = h.length; at + 24 <= b.length; ) {
    const head = b.subarray(at, at + 24), L = head.readUInt32BE(0), seq = head.readBigUInt64BE(8);
    if (L < 28 || head.readUInt32BE(16) !== crc(u64(h.id), head.subarray(0, 16)) || seq >= limit) break;
    const body = b.subarray(at + 24, at + 24 + L);
    must(crc(body) === head.readUInt32BE(20), "body checksum");
    must(seq === next, `call ${next} is missing`);
    const aad = Buffer.concat([u16(1), h.store, h.clientHash, u64(h.id), head.subarray(0, 6), head.subarray(8, 16)]);
    const plain = open(h.key, body, aad);
    const c = new Cursor(plain);
    must(c.uvarint() < seq, "synced_seq");
    const nops = c.uvarint();
    if (head[4] === 2 && i > 0) {
      c.take(24);
      must(c.take(32).equals(lastHash), "OPEN names another end");
    }
    for (let n = 0n; head[4] === 1 && n < nops; n++) {
      const op = c.take(1)[0], key = c.take(c.uvarint()).toString(), value = c.take(c.uvarint());
      if (op === 1) records.set(key, { value: Buffer.from(value), seq });
      else if (op === 2) records.set(key, { value: patch(records.get(key), value), seq });
      else records.delete(key);
    }
    lastHash = createHash("sha256").update(b.subarray(at, at + 36)).update(b.subarray(at + 24 + L - 16, at + 24 + L)).digest();
    next = seq + 1n;
    at += (24 + L + 7) & ~7;
  }
});
const out = {};
for (const key of [...records.keys()].sort()) out[key] = createHash("sha256").update(records.get(key).value).digest("hex");
console.log(JSON.stringify({ client: segments[0].h.client, last_seq: Number(next - 1n), records: out }));
