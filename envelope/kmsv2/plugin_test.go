package kmsv2_test

import (
	"context"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	kms "k8s.io/kms/apis/v2"

	"github.com/sealed-otel/otelcol-sealed/envelope/kmsv2"
)

// plugin is a KMS v2 plug-in in this process. It xors with a byte: what is
// tested here is the protocol, not the cipher.
type plugin struct {
	kms.UnimplementedKeyManagementServiceServer

	mu          sync.Mutex
	fail        error
	status      *kms.StatusResponse
	annotations map[string][]byte
	mangle      func([]byte) []byte
	encrypt     *kms.EncryptResponse
	seen        []*kms.DecryptRequest
	uids        map[string]bool
}

func (p *plugin) Status(context.Context, *kms.StatusRequest) (*kms.StatusResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status, p.fail
}

func (p *plugin) Encrypt(_ context.Context, r *kms.EncryptRequest) (*kms.EncryptResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.uids[r.GetUid()] = true
	if p.fail != nil || p.encrypt != nil {
		return p.encrypt, p.fail
	}
	return &kms.EncryptResponse{Ciphertext: xor(r.GetPlaintext()), KeyId: p.status.GetKeyId(), Annotations: p.annotations}, nil
}

func (p *plugin) Decrypt(_ context.Context, r *kms.DecryptRequest) (*kms.DecryptResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.uids[r.GetUid()] = true
	p.seen = append(p.seen, r)
	if p.fail != nil {
		return nil, p.fail
	}
	plain := xor(r.GetCiphertext())
	if p.mangle != nil {
		plain = p.mangle(plain)
	}
	return &kms.DecryptResponse{Plaintext: plain}, nil
}

func (p *plugin) set(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func xor(in []byte) []byte {
	out := make([]byte, len(in))
	for i, b := range in {
		out[i] = b ^ 0x55
	}
	return out
}

// serve runs p on a socket until stop is called.
func (p *plugin) serve(t *testing.T, socket string) (stop func()) {
	t.Helper()
	l, err := net.Listen("unix", socket)
	require.NoError(t, err)
	s := grpc.NewServer()
	kms.RegisterKeyManagementServiceServer(s, p)
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Serve(l) })
	stop = sync.OnceFunc(func() { s.Stop(); wg.Wait() })
	t.Cleanup(stop)
	return stop
}

func newPlugin() *plugin {
	return &plugin{status: &kms.StatusResponse{Version: "v2", Healthz: "ok", KeyId: "kek-1"}, uids: map[string]bool{}}
}

func start(t *testing.T) (*plugin, *kmsv2.Provider) {
	t.Helper()
	p := newPlugin()
	socket := filepath.Join(t.TempDir(), "kms.sock")
	p.serve(t, socket)
	return p, connect(t, socket)
}

func connect(t *testing.T, socket string) *kmsv2.Provider {
	t.Helper()
	provider, err := kmsv2.New(kmsv2.Settings{Endpoint: "unix://" + socket, Timeout: time.Minute})
	require.NoError(t, err)
	t.Cleanup(func() { _ = provider.Close() })
	return provider
}
