package sealedlog_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog/crashfs"
)

const vectorDir = "testdata/v1"

// vector is testdata/v1/expect.json.
type vector struct {
	Comment          string            `json:"comment"`
	EpochKey         string            `json:"epoch_key"`
	CanonicalContext string            `json:"canonical_context"`
	Store            string            `json:"store"`
	Client           string            `json:"client"`
	LastSeq          uint64            `json:"last_seq"`
	Records          map[string]string `json:"records"` // SHA-256 of each value
}

// vectorKeys holds the one epoch key of the vector, in clear.
type vectorKeys struct{ epoch *envelope.EpochKey }

func (k vectorKeys) Current() (*envelope.EpochKey, error) { return k.epoch, nil }
func (k vectorKeys) Admit() error                         { return nil }
func (k vectorKeys) Unwrap(context.Context, envelope.Wrapped) (*envelope.EpochKey, error) {
	return k.epoch, nil
}

func newVectorKeys(t *testing.T, secret string) vectorKeys {
	key, err := hex.DecodeString(secret)
	require.NoError(t, err)
	epoch, err := envelope.NewEpochKey(key, envelope.Wrapped{Provider: "vector", KeyID: "in-expect-json", Blob: []byte("none")})
	require.NoError(t, err)
	epoch.Created = time.Unix(1_700_000_000, 0)
	return vectorKeys{epoch}
}

var vectorContext = envelope.Context{"otel-purpose": "spool", "otel-store": "vector"}

func readVector(t *testing.T) (vector, *crashfs.FS) {
	data, err := os.ReadFile(filepath.Join(vectorDir, "expect.json"))
	require.NoError(t, err)
	var v vector
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&v))
	fs := crashfs.New()
	names, err := filepath.Glob(filepath.Join(vectorDir, "*.seg"))
	require.NoError(t, err)
	require.Greater(t, len(names), 1)
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		fs.Put(filepath.Base(name), data)
	}
	return v, fs
}

func vectorOptions(t *testing.T, v vector, fs sealedlog.FS) sealedlog.Options {
	store, err := hex.DecodeString(v.Store)
	require.NoError(t, err)
	return sealedlog.Options{
		FS: fs, Keys: newVectorKeys(t, v.EpochKey), Store: [16]byte(store), Client: v.Client,
		ContextHash: vectorContext.Hash(), SegmentSize: 16 << 10, FirstSegment: 16 << 10, Inline: true,
		OnCorruption: sealedlog.Fail,
	}
}

func TestFrozenVectors(t *testing.T) {
	t.Parallel()
	if os.Getenv("SEALEDLOG_WRITE_VECTORS") != "" {
		writeVectors(t)
	}
	v, fs := readVector(t)
	l := mustOpen(t, vectorOptions(t, v, fs))
	got := map[string]string{}
	require.NoError(t, l.Walk(func(key string, value []byte) ([]*sealedlog.Op, bool, error) {
		got[key] = fmt.Sprintf("%x", sha256.Sum256(value))
		return nil, false, nil
	}))
	assert.Equal(t, v.Records, got)
}

func TestSecondDecoder(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		// A skip passes: where everything must be there, it must not.
		require.Empty(t, os.Getenv("OTELCOL_SEALED_REQUIRE_ALL"), "node is not installed; on Debian: apt-get install nodejs")
		t.Skip("node is not installed: the second decoder was not run; on Debian: apt-get install nodejs")
	}
	v, _ := readVector(t)
	out, err := exec.Command(node, filepath.Join(vectorDir, "decode.mjs"), vectorDir).CombinedOutput()
	require.NoError(t, err, "%s", out)
	var got struct {
		Client  string            `json:"client"`
		LastSeq uint64            `json:"last_seq"`
		Records map[string]string `json:"records"`
	}
	require.NoError(t, json.Unmarshal(out, &got), "%s", out)
	assert.Equal(t, v.Client, got.Client)
	assert.Equal(t, v.LastSeq, got.LastSeq)
	assert.Equal(t, v.Records, got.Records)
}

// writeVectors makes the frozen store; only for a new format version.
func writeVectors(t *testing.T) {
	v := vector{
		Comment:          "a store of format 1: sets, deletes, patches, an empty value, a roll, a footer",
		EpochKey:         strings.Repeat("0123456789abcdef", 4),
		CanonicalContext: hex.EncodeToString(vectorContext.Canonical()),
		Store:            "00112233445566778899aabbccddeeff",
		Client:           "Exporter otlp_grpc/vector traces",
		Records:          map[string]string{},
	}
	fs := crashfs.New()
	l := mustOpen(t, vectorOptions(t, v, fs))
	meta := bytes.Repeat([]byte{0xaa}, 200)
	for i := range 8 {
		meta[i*9] = byte(i)
		meta = append(meta, byte(i), 0, 0, 0)
		require.NoError(t, l.Batch(context.Background(), set("qmv0", string(meta)), set(fmt.Sprint(i), strings.Repeat(fmt.Sprint(i), 2500))))
	}
	require.NoError(t, l.Batch(context.Background(), set("qmv0", string(meta[:150])), del("2")))
	require.NoError(t, l.Batch(context.Background(), set("empty", ""), set("offset/of a receiver", "17")))
	require.NoError(t, l.Walk(func(key string, value []byte) ([]*sealedlog.Op, bool, error) {
		v.Records[key] = fmt.Sprintf("%x", sha256.Sum256(value))
		return nil, false, nil
	}))
	require.NoError(t, l.Close())
	v.LastSeq = l.Stats().Seq
	for name, data := range fs.Files() {
		if strings.HasSuffix(name, ".seg") {
			require.NoError(t, os.WriteFile(filepath.Join(vectorDir, name), bytes.TrimRight(data, "\x00"), 0o600))
		}
	}
	data, err := json.MarshalIndent(v, "", "  ")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(vectorDir, "expect.json"), append(data, '\n'), 0o600))
}
