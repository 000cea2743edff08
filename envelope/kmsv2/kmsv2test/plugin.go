// Package kmsv2test is a KMS v2 plug-in for tests, served by the test's own
// process. It protects nothing: it xors with a byte, because what is tested
// with it is the protocol, not the cipher.
//
//	p := kmsv2test.New("kek-1")
//	stop := p.Serve(t, socket)                                // an outage is stop()
//	p.Set(func(a *kmsv2test.Answers) { a.Fail = status.Error(codes.FailedPrecondition, "disabled") })
//	p.Use("kek-2")                                            // new keys are wrapped under kek-2; kek-1 still opens
package kmsv2test

import (
	"context"
	"maps"
	"net"
	"slices"
	"sync"

	"google.golang.org/grpc"
	kms "k8s.io/kms/apis/v2"
)

// TB is the part of testing.TB that Serve needs.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Answers are what a plug-in says; see Plugin.Set.
type Answers struct {
	// Fail, if set, is the answer to every request: a gRPC status.
	Fail error
	// Failures, if positive, is how many requests Fail still answers.
	Failures int
	// Status is the answer to Status; its key id is that of new keys.
	Status *kms.StatusResponse
	// Annotations are returned with every ciphertext.
	Annotations map[string][]byte
	// Encrypt, if set, is the answer to Encrypt.
	Encrypt *kms.EncryptResponse
	// Mangle, if set, changes every plaintext that is returned.
	Mangle func([]byte) []byte
}

// Plugin is the plug-in.
type Plugin struct {
	kms.UnimplementedKeyManagementServiceServer

	mu      sync.Mutex // guards everything declared below; held during every request
	answers Answers
	seen    []*kms.DecryptRequest
	uids    map[string]bool
}

// New returns a healthy plug-in with one key.
func New(keyID string) *Plugin {
	p := &Plugin{uids: map[string]bool{}}
	p.Use(keyID)
	return p
}

// Set changes the answers.
func (p *Plugin) Set(change func(*Answers)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.answers)
}

// Use makes keyID the key of new ciphertexts.
func (p *Plugin) Use(keyID string) {
	p.Set(func(a *Answers) { a.Status = &kms.StatusResponse{Version: "v2", Healthz: "ok", KeyId: keyID} })
}

// Block makes every request wait until release is called.
func (p *Plugin) Block() (release func()) {
	p.mu.Lock()
	return sync.OnceFunc(p.mu.Unlock)
}

// Decrypted returns the decryptions that were asked for, in order.
func (p *Plugin) Decrypted() []*kms.DecryptRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.seen)
}

// UIDs returns the request ids that were seen.
func (p *Plugin) UIDs() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.uids))
}

// Serve answers on a new unix socket until stop is called or the test ends.
// Stopping removes the socket and breaks every connection.
func (p *Plugin) Serve(tb TB, socket string) (stop func()) {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "unix", socket)
	if err != nil {
		tb.Fatalf("plug-in: %v", err)
		return nil
	}
	s := grpc.NewServer()
	kms.RegisterKeyManagementServiceServer(s, p)
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Serve(l) })
	stop = sync.OnceFunc(func() { s.Stop(); wg.Wait() })
	tb.Cleanup(stop)
	return stop
}

// failure is the error that answers a request. mu must be held.
func (p *Plugin) failure() error {
	err := p.answers.Fail
	if err != nil && p.answers.Failures > 0 {
		if p.answers.Failures--; p.answers.Failures == 0 {
			p.answers.Fail = nil
		}
	}
	return err
}

// Status implements the protocol.
func (p *Plugin) Status(context.Context, *kms.StatusRequest) (*kms.StatusResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answers.Status, p.failure()
}

// Encrypt implements the protocol.
func (p *Plugin) Encrypt(_ context.Context, r *kms.EncryptRequest) (*kms.EncryptResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.uids[r.GetUid()] = true
	a, err := p.answers, p.failure()
	if err != nil || a.Encrypt != nil {
		return a.Encrypt, err
	}
	return &kms.EncryptResponse{Ciphertext: xor(r.GetPlaintext()), KeyId: a.Status.GetKeyId(), Annotations: a.Annotations}, nil
}

// Decrypt implements the protocol.
func (p *Plugin) Decrypt(_ context.Context, r *kms.DecryptRequest) (*kms.DecryptResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.uids[r.GetUid()] = true
	p.seen = append(p.seen, r)
	if err := p.failure(); err != nil {
		return nil, err
	}
	plain := xor(r.GetCiphertext())
	if p.answers.Mangle != nil {
		plain = p.answers.Mangle(plain)
	}
	return &kms.DecryptResponse{Plaintext: plain}, nil
}

func xor(in []byte) []byte {
	out := make([]byte, len(in))
	for i, b := range in {
		out[i] = b ^ 0x55
	}
	return out
}
