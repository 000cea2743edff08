package s3_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/child"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/minio"
)

// The test binary is also the process that is killed: an exporter with a
// persistent queue.
const (
	childEndpoint = "S3_CHILD_ENDPOINT"
	childCA       = "S3_CHILD_CA"
	childSpool    = "S3_CHILD_SPOOL"
	childGo       = "S3_CHILD_GO"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEndpoint) != "" {
		if err := runChild(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

type extensions map[component.ID]component.Component

func (e extensions) GetExtensions() map[component.ID]component.Component { return e }

// runChild queues the spans it is told to, says so, and works until it is ended.
func runChild() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	storageFactory := filestorage.NewFactory()
	storageConfig := storageFactory.CreateDefaultConfig().(*filestorage.Config)
	storageConfig.Directory = os.Getenv(childSpool)
	storageConfig.FSync = true
	storage, err := storageFactory.Create(ctx, extensiontest.NewNopSettings(storageFactory.Type()), storageConfig)
	if err != nil {
		return err
	}
	if err := storage.Start(ctx, componenttest.NewNopHost()); err != nil {
		return err
	}
	storageID := component.NewID(storageFactory.Type())

	server := &minio.Server{Bucket: "traces", Endpoint: os.Getenv(childEndpoint), CAFile: os.Getenv(childCA)}
	cfg := configFor(server)
	cfg.Queue.Get().StorageID = &storageID
	factory := ssekmsexporter.NewFactory()
	settings := exportertest.NewNopSettings(factory.Type())
	settings.ID = component.NewID(factory.Type()) // the queue's name on the disk
	x, err := factory.CreateTraces(ctx, settings, cfg)
	if err != nil {
		return err
	}
	if err := x.Start(ctx, extensions{storageID: storage}); err != nil {
		return err
	}
	fmt.Println("ready")
	if trigger := os.Getenv(childGo); trigger != "" {
		for {
			if _, err := os.Stat(trigger); err == nil {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if err := x.ConsumeTraces(ctx, spans(40)); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return errors.Join(x.Shutdown(context.Background()), storage.Shutdown(context.Background()))
}

// wire forwards TCP to the store. Muted, it swallows what the store answers:
// the PUT arrives and is never acknowledged.
type wire struct {
	address string
	muted   atomic.Bool
}

func newWire(t *testing.T, target string) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{address: listener.Addr().String()}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			front, err := listener.Accept()
			if err != nil {
				return
			}
			back, err := net.Dial("tcp", target)
			if err != nil {
				_ = front.Close()
				continue
			}
			go func() {
				_, _ = io.Copy(back, front)
				_ = back.Close()
			}()
			go func() {
				defer front.Close() // the other side ends it
				buf := make([]byte, 32<<10)
				for {
					n, err := back.Read(buf)
					if n > 0 && !w.muted.Load() {
						_, _ = front.Write(buf[:n])
					}
					if err != nil {
						return
					}
				}
			}()
		}
	}()
	return w
}

// kill -9 between the PUT and its acknowledgement: after the restart the batch is
// stored once more, under another name, because nobody verified the first.
func TestKillBetweenPutAndAck(t *testing.T) {
	server := startMinIO(t, minio.Options{})
	identity := writeOnly(t, server, minio.KeyARN)
	w := newWire(t, strings.TrimPrefix(server.Endpoint, "https://"))
	dir := t.TempDir()
	output := filepath.Join(dir, "child.log")
	t.Cleanup(func() {
		if text, err := os.ReadFile(output); err == nil && t.Failed() {
			t.Logf("the child said:\n%s", text)
		}
	})
	spool := filepath.Join(dir, "spool")
	require.NoError(t, os.Mkdir(spool, 0o700))
	self, err := os.Executable()
	require.NoError(t, err)
	spawn := func(extra ...string) *child.Process {
		process, err := child.Start(child.Spec{Path: self, Output: output, Env: append([]string{
			"AWS_ACCESS_KEY_ID=" + identity.AccessKeyID,
			"AWS_SECRET_ACCESS_KEY=" + identity.SecretAccessKey,
			"AWS_SESSION_TOKEN=" + identity.SessionToken,
			"AWS_EC2_METADATA_DISABLED=true",
			"HOME=" + dir, "TMPDIR=" + dir,
			childEndpoint + "=https://" + w.address, childCA + "=" + server.CAFile, childSpool + "=" + spool,
		}, extra...)})
		require.NoError(t, err)
		t.Cleanup(func() { _ = process.Kill() })
		return process
	}

	trigger := filepath.Join(dir, "go")
	first := spawn(childGo + "=" + trigger)
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(output)
		return err == nil && strings.Contains(string(text), "ready")
	}, patience, 20*time.Millisecond)
	// The canary has passed; from here on the store's answers are lost.
	w.muted.Store(true)
	require.NoError(t, os.WriteFile(trigger, nil, 0o600))
	require.Eventually(t, func() bool { return len(objects(t, server)) == 1 }, patience, 20*time.Millisecond, "the PUT arrives")
	require.NoError(t, first.Kill())
	w.muted.Store(false)

	second := spawn()
	require.Eventually(t, func() bool { return len(objects(t, server)) == 2 }, patience, 50*time.Millisecond, "the batch is stored again")
	for _, object := range objects(t, server) {
		td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(read(t, server, *object.Key))
		require.NoError(t, err)
		require.Equal(t, 40, td.SpanCount())
	}
	require.NoError(t, second.Kill())
}
