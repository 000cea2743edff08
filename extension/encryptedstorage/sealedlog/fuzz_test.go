package sealedlog

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzParseHeader(f *testing.F) {
	keys := newTestKeys(f)
	epoch, err := keys.Current()
	require.NoError(f, err)
	b, _, err := sealHeader(epoch, [16]byte{1}, 7, [32]byte{2}, Meta{FirstSeq: 9, SyncedSeq: 8, Client: "c"})
	require.NoError(f, err)
	f.Add(b)
	f.Add(b[:200])
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ParseHeader(b)
		if err != nil {
			return
		}
		if h.Length > int64(len(b)) || h.authAt > len(b) {
			t.Fatal("a header longer than its bytes")
		}
		m, _, err := h.open(epoch, [32]byte{2})
		if err == nil && (m.Client != "c" || m.FirstSeq != 9 || m.SyncedSeq != 8) {
			t.Fatal("forged")
		}
	})
}

func FuzzParseOps(f *testing.F) {
	plain := []byte{3, 2}
	plain, _ = appendOp(plain, logOp{code: opSet, key: "k", value: []byte("v")})
	plain, _ = appendOp(plain, logOp{code: opDelete, key: "k"})
	f.Add(plain)
	f.Add([]byte{0, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, plain []byte) {
		total := 0
		_, err := parseOps(plain, func(o parsedOp) { total += len(o.key) + len(o.value) })
		if err == nil && total > len(plain) {
			t.Fatal("more than there is")
		}
		_, _, _ = parseOpen(plain)
		entries, _, _ := parseFooter(plain)
		if len(entries) > len(plain) {
			t.Fatal("more entries than bytes")
		}
	})
}

func FuzzPatch(f *testing.F) {
	f.Add([]byte("an old value that is long enough"), []byte("an old Value that is long enough, and longer"))
	f.Add(bytes.Repeat([]byte{1}, 300), bytes.Repeat([]byte{1}, 200))
	f.Fuzz(func(t *testing.T, old, new []byte) {
		if patch, ok := appendPatch(nil, 7, old, new); ok {
			got, err := applyPatch(old, patch)
			if err != nil || !bytes.Equal(got, new) {
				t.Fatalf("patch of %q to %q gives %q, %v", old, new, got, err)
			}
		}
		// And as hostile input.
		if got, err := applyPatch(old, new); err == nil && len(got) > maxPatched {
			t.Fatal("unbounded")
		}
	})
}

// FuzzSegment opens a directory with one segment of any bytes behind a valid
// header: no panic, no unbounded work, no value that was not written.
func FuzzSegment(f *testing.F) {
	keys := newTestKeys(f)
	dir := f.TempDir()
	l := openDirLog(f, dir, keys, nil)
	for _, key := range []string{"1", "2", "3"} {
		require.NoError(f, l.Batch(context.Background(), set("q", bytes.Repeat([]byte("m"), 80)), set(key, []byte("value"))))
	}
	var frames []byte
	seg := l.active()
	frames = make([]byte, seg.written.offset-seg.header)
	_, err := seg.file.ReadAt(frames, seg.header)
	require.NoError(f, err)
	codec := seg.codec
	f.Add(frames)
	f.Add(frames[40:])
	f.Add(append(bytes.Clone(frames[:100]), frames...))
	f.Fuzz(func(t *testing.T, b []byte) {
		sc := newScanner(memFile(b), codec, 0, int64(len(b)))
		for {
			fr, ok, err := sc.next()
			if err != nil || !ok {
				return
			}
			if fr.kind != frameData {
				continue
			}
			_, err = parseOps(fr.plain, func(o parsedOp) {
				if v := string(o.value); o.code == opSet && v != "value" && v != string(bytes.Repeat([]byte("m"), 80)) {
					t.Fatalf("a value that was never written: %q", v)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
