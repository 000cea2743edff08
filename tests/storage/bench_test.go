package storage

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage"
)

// start makes a storage over a new directory and returns a client of it.
func start(b testing.TB, f extension.Factory, cfg component.Config) (storage.Client, func()) {
	ctx := context.Background()
	set := extensiontest.NewNopSettings(f.Type())
	ext, err := f.Create(ctx, set, cfg)
	require.NoError(b, err)
	require.NoError(b, ext.Start(ctx, componenttest.NewNopHost()))
	c, err := ext.(storage.Extension).GetClient(ctx, component.KindExporter, component.MustNewID("otlp_grpc"), "traces")
	require.NoError(b, err)
	return c, func() {
		require.NoError(b, c.Close(ctx))
		require.NoError(b, ext.Shutdown(ctx))
	}
}

func plain(b testing.TB, fsync bool) (storage.Client, func()) {
	f := filestorage.NewFactory()
	cfg := f.CreateDefaultConfig().(*filestorage.Config)
	cfg.Directory, cfg.FSync = benchDir(b), fsync
	return start(b, f, cfg)
}

func sealedConfig(b testing.TB, dir string) *encryptedstorage.Config {
	cfg := encryptedstorage.NewFactory().CreateDefaultConfig().(*encryptedstorage.Config)
	cfg.Directory = filepath.Join(dir, "spool")
	keyFile := filepath.Join(dir, "spool.key")
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	require.NoError(b, os.WriteFile(keyFile, []byte("k1 "+base64.StdEncoding.EncodeToString(key)+"\n"), 0o600))
	cfg.Keys.KeyFile = configoptional.Some(encryptedstorage.KeyFileConfig{Path: keyFile})
	return cfg
}

func sealed(b testing.TB, mode encryptedstorage.FsyncMode) (storage.Client, func()) {
	cfg := sealedConfig(b, benchDir(b))
	cfg.Fsync = mode
	return start(b, encryptedstorage.NewFactory(), cfg)
}

// benchDir is on the disk that BENCH_DIR names, for a temporary directory is
// often in memory, where fsync is free.
func benchDir(b testing.TB) string {
	base := os.Getenv("BENCH_DIR")
	if base == "" {
		return b.TempDir()
	}
	dir, err := os.MkdirTemp(base, "storage-bench-") //nolint:usetesting // on the disk that BENCH_DIR names
	require.NoError(b, err)
	b.Cleanup(func() { os.RemoveAll(dir) })
	// What the store before has left to be written, fourteen bytes per payload
	// byte for some, must not be written in this one's time.
	syscall.Sync()
	return dir
}

// queue makes the calls of the persistent queue, one at a time as its mutex
// does, with metadata of the same shape: 36 bytes and 8 for each item in flight.
type queue struct {
	c           storage.Client
	read, write uint64
	flying      []byte
}

func (q *queue) meta() *storage.Operation {
	b := make([]byte, 0, 40+len(q.flying))
	for tag, v := range []uint64{q.write - q.read, (q.write - q.read) * 4096, q.read, q.write} {
		b = append(b, byte(tag+1)<<3|1)
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	if len(q.flying) > 0 {
		b = append(b, 5<<3|2)
		b = binary.AppendUvarint(b, uint64(len(q.flying)))
		b = append(b, q.flying...)
	}
	return storage.SetOperation("qmv0", b)
}

func (q *queue) put(b testing.TB, value []byte) {
	q.write++
	if err := q.c.Batch(context.Background(), q.meta(), storage.SetOperation(strconv.FormatUint(q.write-1, 10), value)); err != nil {
		b.Fatal(err)
	}
}

func (q *queue) take(b testing.TB) uint64 {
	i := q.read
	q.read++
	q.flying = binary.LittleEndian.AppendUint64(q.flying, i)
	op := storage.GetOperation(strconv.FormatUint(i, 10))
	if err := q.c.Batch(context.Background(), q.meta(), op); err != nil || op.Value == nil {
		b.Fatal("lost an item", err)
	}
	return i
}

func (q *queue) done(b testing.TB, i uint64) {
	for at := 0; at < len(q.flying); at += 8 {
		if binary.LittleEndian.Uint64(q.flying[at:]) == i {
			copy(q.flying[at:], q.flying[len(q.flying)-8:])
			q.flying = q.flying[:len(q.flying)-8]
			break
		}
	}
	if err := q.c.Batch(context.Background(), q.meta(), storage.DeleteOperation(strconv.FormatUint(i, 10))); err != nil {
		b.Fatal(err)
	}
}

var stores = []struct {
	name string
	open func(testing.TB) (storage.Client, func())
}{
	{"store=file_storage/fsync=on", func(b testing.TB) (storage.Client, func()) { return plain(b, true) }},
	{"store=encrypted/fsync=on", func(b testing.TB) (storage.Client, func()) { return sealed(b, encryptedstorage.FsyncOnInsert) }},
	{"store=file_storage/fsync=off", func(b testing.TB) (storage.Client, func()) { return plain(b, false) }},
	{"store=encrypted/fsync=off", func(b testing.TB) (storage.Client, func()) { return sealed(b, encryptedstorage.FsyncNever) }},
}

// payload can't be compressed by the file system or the disk.
func payload(size int) []byte {
	p := make([]byte, size)
	_, _ = rand.Read(p)
	return p
}

// written is how many bytes this process has caused to be written to disk.
func written(b testing.TB) uint64 {
	data, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0 // not linux
	}
	for line := range strings.SplitSeq(string(data), "\n") {
		if v, ok := strings.CutPrefix(line, "wchar: "); ok {
			n, err := strconv.ParseUint(v, 10, 64)
			require.NoError(b, err)
			return n
		}
	}
	return 0
}

// BenchmarkFillThenDrain fills an empty store with b.N items, then takes and
// acknowledges each.
func BenchmarkFillThenDrain(b *testing.B) {
	for _, size := range []int{4 << 10, 64 << 10, 512 << 10} {
		for _, s := range stores {
			b.Run(fmt.Sprintf("size=%dKiB/%s", size>>10, s.name), func(b *testing.B) {
				c, closeAll := s.open(b)
				defer closeAll()
				q := &queue{c: c}
				value := payload(size)
				b.SetBytes(int64(size))
				before := written(b)
				b.ResetTimer()
				for range b.N {
					q.put(b, value)
				}
				for range b.N {
					q.done(b, q.take(b))
				}
				b.StopTimer()
				report(b, before, size)
			})
		}
	}
}

// BenchmarkSteady puts, takes and acknowledges one item at a time, behind a
// backlog of 64.
func BenchmarkSteady(b *testing.B) {
	for _, size := range []int{4 << 10, 64 << 10, 512 << 10} {
		for _, s := range stores {
			b.Run(fmt.Sprintf("size=%dKiB/%s", size>>10, s.name), func(b *testing.B) {
				c, closeAll := s.open(b)
				defer closeAll()
				q := &queue{c: c}
				value := payload(size)
				for range 64 {
					q.put(b, value)
				}
				b.SetBytes(int64(size))
				before := written(b)
				for b.Loop() {
					q.put(b, value)
					q.done(b, q.take(b))
				}
				report(b, before, size)
			})
		}
	}
}

// BenchmarkInFlight has 8,192 items of 4 KiB in flight, as a batching exporter
// with a batch of 32 MiB does.
func BenchmarkInFlight(b *testing.B) {
	for _, s := range stores {
		b.Run(s.name, func(b *testing.B) {
			c, closeAll := s.open(b)
			defer closeAll()
			q := &queue{c: c}
			value := payload(4 << 10)
			for range 8192 {
				q.put(b, value)
				q.take(b)
			}
			b.SetBytes(int64(len(value)))
			before := written(b)
			oldest := uint64(0)
			for b.Loop() {
				q.put(b, value)
				q.take(b)
				q.done(b, oldest)
				oldest++
			}
			report(b, before, len(value))
		})
	}
}

func report(b *testing.B, before uint64, size int) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "items/s")
	b.ReportMetric(float64(written(b)-before)/float64(b.N)/float64(size), "written/payload")
}
