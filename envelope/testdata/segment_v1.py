#!/usr/bin/env python3
"""Computes the frozen vector of segment_test.go without any Go.

Written from the layouts that the doc comments of segment.go and context.go
state; HKDF by hand after RFC 5869, AES-GCM from the `cryptography` package.
"""
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    prk = hmac.new(salt, secret, hashlib.sha256).digest()
    out, block, i = b"", b"", 1
    while len(out) < length:
        block = hmac.new(prk, block + info + bytes([i]), hashlib.sha256).digest()
        out, i = out + block, i + 1
    return out[:length]


def canonical(context: dict) -> bytes:
    out = struct.pack(">I", len(context))
    for k in sorted(context, key=str.encode):
        for text in (k.encode(), context[k].encode()):
            out += struct.pack(">I", len(text)) + text
    return out


secret = bytes(range(32))
salt = b"\x09" + bytes(31)
version, suite, segment = 1, 1, 5
store = bytes([1, 2, 3]) + bytes(13)
client = b"\x04" + bytes(31)
context = hashlib.sha256(canonical({"a": "b"})).digest()

info = b"otelcol-sealed segment v1" + struct.pack(">HH", version, suite) + store + client + struct.pack(">Q", segment) + context
okm = hkdf(secret, salt, info, 64)
aad = struct.pack(">H", suite) + store + client + struct.pack(">Q", segment)
nonce = bytes(11) + b"\x07"
print("commitment", okm[32:].hex())
print("sealed    ", (nonce + AESGCM(okm[:32]).encrypt(nonce, b"frozen", aad)).hex())
