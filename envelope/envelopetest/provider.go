// Package envelopetest has an in-memory key provider with switches for faults,
// for tests of what is built on package envelope. It protects nothing: its
// random numbers come from math/rand, because the FIPS generator measures real
// time when it starts and so can't start inside a testing/synctest bubble.
//
//	p := envelopetest.New("k1")
//	p.Fail(envelope.ErrThrottled)   // every request fails so, until Fail(nil)
//	p.Use("k2")                     // new epochs are wrapped under k2; k1 still opens
//	p.Remove("k1")                  // k1 is gone
package envelopetest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"maps"
	"math/rand/v2"
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

var (
	_ envelope.Provider = (*Provider)(nil)
	_ envelope.Wrapper  = (*Provider)(nil)
)

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
		p.keys[keyID] = random()
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
	kek := p.keys[p.active]
	if kek == nil {
		return nil, p.error("generate", p.active, envelope.ErrGone)
	}
	secret := random()
	return envelope.NewEpochKey(secret, envelope.Wrapped{Provider: Name, KeyID: p.active, Blob: wrap(kek, secret, ec)})
}

// Wrap implements envelope.Wrapper.
func (p *Provider) Wrap(ctx context.Context, secret []byte, ec envelope.Context) (envelope.Wrapped, error) {
	if err := p.enter(ctx, "wrap", ""); err != nil {
		return envelope.Wrapped{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	kek := p.keys[p.active]
	if kek == nil {
		return envelope.Wrapped{}, p.error("wrap", p.active, envelope.ErrGone)
	}
	return envelope.Wrapped{Provider: Name, KeyID: p.active, Blob: wrap(kek, secret, ec)}, nil
}

// Unwrap implements envelope.Provider.
func (p *Provider) Unwrap(ctx context.Context, w envelope.Wrapped, ec envelope.Context) (*envelope.EpochKey, error) {
	if err := p.enter(ctx, "unwrap", w.KeyID); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.Provider != Name || p.keys[w.KeyID] == nil {
		return nil, &envelope.Error{
			Class: envelope.ErrUnknownKey, Provider: Name, Op: "unwrap", KeyID: w.KeyID,
			Detail: "configured: " + strings.Join(slices.Sorted(maps.Keys(p.keys)), ", "),
		}
	}
	secret := unwrap(p.keys[w.KeyID], w.Blob, ec)
	if secret == nil {
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

func random() []byte {
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(rand.Uint32()) //nolint:gosec // a test double, see the package comment
	}
	return seed[:]
}

// wrap returns nonce 32 | secret xor pad 32 | tag 32.
func wrap(kek, secret []byte, ec envelope.Context) []byte {
	nonce := random()
	sealed := make([]byte, envelope.KeySize)
	subtle.XORBytes(sealed, secret, mac(kek, "pad", nonce))
	return append(append(nonce, sealed...), mac(kek, "tag", nonce, sealed, ec.Canonical())...)
}

func unwrap(kek, blob []byte, ec envelope.Context) []byte {
	if len(blob) != 3*sha256.Size {
		return nil
	}
	nonce, sealed, tag := blob[:32], blob[32:64], blob[64:]
	if !hmac.Equal(tag, mac(kek, "tag", nonce, sealed, ec.Canonical())) {
		return nil
	}
	secret := make([]byte, envelope.KeySize)
	subtle.XORBytes(secret, sealed, mac(kek, "pad", nonce))
	return secret
}

func mac(kek []byte, use string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, kek)
	h.Write([]byte(use))
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}
