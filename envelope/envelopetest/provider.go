// Package envelopetest has an in-memory key provider with switches for faults,
// for tests of what is built on package envelope. It protects nothing.
//
//	p := envelopetest.New("k1")
//	p.Fail(envelope.ErrThrottled)   // every request fails so, until Fail(nil)
//	p.Use("k2")                     // new epochs are wrapped under k2; k1 still opens
//	p.Remove("k1")                  // k1 is gone
package envelopetest

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// Name is the provider's name in file headers.
const Name = "test"

// Provider implements envelope.Provider in memory.
type Provider struct {
	mu     sync.Mutex // guards everything declared below
	keys   map[string][]byte
	active string
	fail   error
	failOp map[string]error
	block  chan struct{}
	calls  map[string]int
}

var _ envelope.Provider = (*Provider)(nil)

// New returns a provider with one key.
func New(keyID string) *Provider {
	p := &Provider{keys: map[string][]byte{}, failOp: map[string]error{}, calls: map[string]int{}}
	p.Use(keyID)
	return p
}

// Use makes keyID the key of new epochs, creating it if needed.
func (p *Provider) Use(keyID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.keys[keyID] == nil {
		p.keys[keyID] = make([]byte, envelope.KeySize)
		_, _ = rand.Read(p.keys[keyID])
	}
	p.active = keyID
}

// Remove destroys a key: what it wrapped never opens again.
func (p *Provider) Remove(keyID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.keys, keyID)
}

// Fail makes every request fail with class (one of the sentinels of package
// envelope); nil ends it.
func (p *Provider) Fail(class error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail = class
}

// FailOp makes requests of one operation fail: "generate", "unwrap", "status".
func (p *Provider) FailOp(op string, class error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failOp[op] = class
}

// Block makes requests wait for the returned function or their context.
func (p *Provider) Block() (release func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := make(chan struct{})
	p.block = c
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.block = nil
		close(c)
	}
}

// Calls returns how many requests of an operation were made.
func (p *Provider) Calls(op string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[op]
}

// Name implements envelope.Provider.
func (*Provider) Name() string { return Name }

// Generate implements envelope.Provider.
func (p *Provider) Generate(ctx context.Context, ec envelope.Context) (*envelope.EpochKey, error) {
	if err := p.enter(ctx, "generate", ""); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	aead, err := newAEAD(p.keys[p.active])
	if err != nil {
		return nil, p.error("generate", p.active, envelope.ErrGone)
	}
	secret := make([]byte, envelope.KeySize)
	_, _ = rand.Read(secret)
	return envelope.NewEpochKey(secret, envelope.Wrapped{
		Provider: Name, KeyID: p.active, Blob: aead.Seal(nil, nil, secret, ec.Canonical()),
	})
}

// Unwrap implements envelope.Provider.
func (p *Provider) Unwrap(ctx context.Context, w envelope.Wrapped, ec envelope.Context) (*envelope.EpochKey, error) {
	if err := p.enter(ctx, "unwrap", w.KeyID); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.Provider != Name || p.keys[w.KeyID] == nil {
		return nil, &envelope.Error{Class: envelope.ErrUnknownKey, Provider: Name, Op: "unwrap", KeyID: w.KeyID,
			Detail: "configured: " + strings.Join(slices.Sorted(maps.Keys(p.keys)), ", ")}
	}
	aead, err := newAEAD(p.keys[w.KeyID])
	if err != nil {
		return nil, err
	}
	secret, err := aead.Open(nil, nil, w.Blob, ec.Canonical())
	if err != nil {
		return nil, p.error("unwrap", w.KeyID, envelope.ErrBadCiphertext)
	}
	return envelope.NewEpochKey(secret, w)
}

// Status implements envelope.Provider.
func (p *Provider) Status(ctx context.Context, _ envelope.Context) (string, error) {
	if err := p.enter(ctx, "status", ""); err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.keys[p.active] == nil {
		return "", p.error("status", p.active, envelope.ErrGone)
	}
	return p.active, nil
}

func (p *Provider) enter(ctx context.Context, op, keyID string) error {
	p.mu.Lock()
	p.calls[op]++
	block, class := p.block, p.fail
	if class == nil {
		class = p.failOp[op]
	}
	p.mu.Unlock()
	if block != nil {
		select {
		case <-block:
		case <-ctx.Done():
		}
	}
	if err := ctx.Err(); err != nil {
		return &envelope.Error{Class: envelope.ErrTransient, Provider: Name, Op: op, KeyID: keyID, Detail: err.Error(), Err: err}
	}
	if class != nil {
		return p.error(op, keyID, class)
	}
	return nil
}

func (*Provider) error(op, keyID string, class error) error {
	return &envelope.Error{Class: class, Provider: Name, Op: op, KeyID: keyID, Detail: "switched on by the test"}
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	if key == nil {
		return nil, errors.New("no such key")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
