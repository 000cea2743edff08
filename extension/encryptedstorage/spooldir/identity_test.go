package spooldir

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
)

// frozenIdentity is STORE in version 1: what a release has written others must read.
const frozenIdentity = "4f54454c53544f5200010000000102030405060708090a0b0c0d0e0f"

func frozen(t testing.TB) []byte {
	head, err := hex.DecodeString(frozenIdentity)
	require.NoError(t, err)
	b := encodeIdentity([16]byte(head[12:]))
	require.Equal(t, head, b[:len(head)])
	return b
}

func TestIdentityOfVersion1(t *testing.T) {
	t.Parallel()
	b := frozen(t)
	assert.Equal(t, "391f4cac", hex.EncodeToString(b[28:]))
	id, err := decodeIdentity(b)
	require.NoError(t, err)
	assert.Equal(t, [16]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, id)
}

// A UUID that a flipped bit has changed would name the folders of another store.
func TestNoFlippedIdentityIsRead(t *testing.T) {
	t.Parallel()
	b := frozen(t)
	for at := range b {
		for bit := range 8 {
			flipped := bytes.Clone(b)
			flipped[at] ^= 1 << bit
			_, err := decodeIdentity(flipped)
			if at == 8 || at == 9 {
				require.ErrorIs(t, err, sealedlog.ErrUnsupportedVersion, "byte %d", at)
			} else {
				require.ErrorIs(t, err, errIdentity, "byte %d", at)
			}
		}
		_, err := decodeIdentity(b[:at])
		require.Error(t, err, "cut to %d bytes", at)
	}
	_, err := decodeIdentity(append(bytes.Clone(b), 0))
	require.ErrorIs(t, err, errIdentity, "longer")
}

func FuzzIdentity(f *testing.F) {
	f.Add(frozen(f))
	f.Add([]byte(identityMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		id, err := decodeIdentity(b)
		if err == nil {
			assert.Equal(t, encodeIdentity(id), b, "one form only")
		}
	})
}
