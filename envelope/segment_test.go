package envelope_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/envelopetest"
)

func fixedKey(tb testing.TB) *envelope.EpochKey {
	tb.Helper()
	secret := make([]byte, envelope.KeySize)
	for i := range secret {
		secret[i] = byte(i)
	}
	k, err := envelope.NewEpochKey(secret, envelope.Wrapped{Provider: "test", KeyID: "k", Blob: []byte{1}})
	require.NoError(tb, err)
	assert.Equal(tb, make([]byte, envelope.KeySize), secret, "the argument is cleared")
	return k
}

func fixedInfo() envelope.SegmentInfo {
	return envelope.SegmentInfo{
		Version: 1, Suite: envelope.SuiteAES256GCM, Store: [16]byte{1, 2, 3}, ClientHash: [32]byte{4},
		Segment: 5, ContextHash: envelope.Context{"a": "b"}.Hash(),
	}
}

// Frozen: computed outside of Go from the documented layout, see
// testdata/segment_v1.py. A change here makes every stored file unreadable.
const (
	frozenCommitment = "334bde0e82dcb3aec2f8f5674d573172fe87f5e7b2ec2cc2af1d63e2b16a4253"
	frozenSealed     = "000000000000000000000007903639acb09e5cd62c6221ee0ed7aa1e2014b4732882"
)

func TestSegmentKeyIsFrozen(t *testing.T) {
	t.Parallel()
	k, err := fixedKey(t).Segment(fixedInfo(), [32]byte{9})
	require.NoError(t, err)
	c := k.Commitment()
	assert.Equal(t, frozenCommitment, hex.EncodeToString(c[:]))
	sealed, err := hex.DecodeString(frozenSealed)
	require.NoError(t, err)
	plain, err := k.Open(nil, sealed, fixedInfo().AppendAAD(nil))
	require.NoError(t, err)
	assert.Equal(t, "frozen", string(plain))
}

func TestEveryFieldIsBound(t *testing.T) {
	t.Parallel()
	epoch := fixedKey(t)
	base, err := epoch.Segment(fixedInfo(), [32]byte{9})
	require.NoError(t, err)
	sealed := base.Seal(nil, []byte("x"), nil)
	for name, change := range map[string]func(*envelope.SegmentInfo){
		"version": func(i *envelope.SegmentInfo) { i.Version++ },
		"store":   func(i *envelope.SegmentInfo) { i.Store[15]++ },
		"client":  func(i *envelope.SegmentInfo) { i.ClientHash[31]++ },
		"segment": func(i *envelope.SegmentInfo) { i.Segment++ },
		"context": func(i *envelope.SegmentInfo) { i.ContextHash[31]++ },
	} {
		info := fixedInfo()
		change(&info)
		k, err := epoch.Segment(info, [32]byte{9})
		require.NoError(t, err)
		assert.ErrorIs(t, k.Verify(base.Commitment()), envelope.ErrCommitment, name)
		_, err = k.Open(nil, sealed, nil)
		assert.ErrorIs(t, err, envelope.ErrOpen, name)
	}
	k, err := epoch.Segment(fixedInfo(), [32]byte{8})
	require.NoError(t, err)
	assert.ErrorIs(t, k.Verify(base.Commitment()), envelope.ErrCommitment, "salt")
	info := fixedInfo()
	info.Suite = 2
	_, err = epoch.Segment(info, [32]byte{9})
	assert.ErrorIs(t, err, envelope.ErrSuite)
	again, err := epoch.Segment(fixedInfo(), [32]byte{9})
	require.NoError(t, err)
	require.NoError(t, again.Verify(base.Commitment()))
}

func TestSealedMessages(t *testing.T) {
	t.Parallel()
	k, err := fixedKey(t).Segment(fixedInfo(), [32]byte{9})
	require.NoError(t, err)
	aad := fixedInfo().AppendAAD(nil)
	assert.Len(t, aad, 2+16+32+8)
	plain := []byte("some plaintext")
	sealed := k.Seal([]byte("head"), plain, aad)
	assert.Equal(t, "head", string(sealed[:4]))
	sealed = sealed[4:]
	assert.Len(t, sealed, len(plain)+envelope.Overhead)
	assert.NotEqual(t, sealed, k.Seal(nil, plain, aad), "nonces are random")
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		out, err := k.Open(nil, bad, aad)
		assert.ErrorIs(t, err, envelope.ErrOpen)
		assert.Nil(t, out)
	}
	for cut := range sealed {
		_, err := k.Open(nil, sealed[:cut], aad)
		assert.ErrorIs(t, err, envelope.ErrOpen)
	}
	_, err = k.Open(nil, sealed, append(aad, 0))
	assert.ErrorIs(t, err, envelope.ErrOpen)
}

func TestKeysAreNotPrinted(t *testing.T) {
	t.Parallel()
	k := fixedKey(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		assert.Equal(t, "epoch key (test key k)", fmt.Sprintf(verb, k))
	}
}

func TestWipe(t *testing.T) {
	t.Parallel()
	k, other := fixedKey(t), fixedKey(t)
	require.True(t, k.Equal(other))
	segment, err := k.Segment(fixedInfo(), [32]byte{})
	require.NoError(t, err)
	sealed := segment.Seal(nil, []byte("x"), nil)
	k.Wipe()
	assert.False(t, k.Equal(other))
	self := k
	assert.False(t, k.Equal(self))
	zero, err := envelope.NewEpochKey(make([]byte, 32), other.Wrapped)
	require.NoError(t, err)
	assert.False(t, k.Equal(zero), "a wiped key is not the zero key")
	_, err = k.Segment(fixedInfo(), [32]byte{})
	require.ErrorIs(t, err, envelope.ErrWiped)
	_, err = segment.Open(nil, sealed, nil)
	require.NoError(t, err, "derived keys keep working")
	_, err = envelope.NewEpochKey(make([]byte, 31), other.Wrapped)
	require.Error(t, err)
	_, err = envelope.NewEpochKey(make([]byte, 32), envelope.Wrapped{})
	require.ErrorIs(t, err, envelope.ErrWrappedFormat)
}

func TestRewrapKeepsTheKey(t *testing.T) {
	t.Parallel()
	p := envelopetest.New("old")
	ec := envelope.Context{"a": "b"}
	k, err := p.Generate(t.Context(), ec)
	require.NoError(t, err)
	k.Created = time.Unix(1, 0)
	p.Use("new")
	moved, err := k.Rewrap(t.Context(), p, ec)
	require.NoError(t, err)
	assert.True(t, moved.Equal(k))
	assert.Equal(t, k.Created, moved.Created)
	assert.Equal(t, "new", moved.Wrapped.KeyID)
	p.Remove("old")
	again, err := p.Unwrap(t.Context(), moved.Wrapped, ec)
	require.NoError(t, err)
	assert.True(t, again.Equal(k))
	p.Fail(envelope.ErrDenied)
	_, err = k.Rewrap(t.Context(), p, ec)
	require.ErrorIs(t, err, envelope.ErrDenied)
	k.Wipe()
	_, err = k.Rewrap(t.Context(), p, ec)
	require.ErrorIs(t, err, envelope.ErrWiped)
}
