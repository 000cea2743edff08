package kmsv2

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"path"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	kms "k8s.io/kms/apis/v2"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// Name is the provider's name in file headers.
const Name = "kmsv2"

// DefaultTimeout bounds one request; Kubernetes uses 3 s.
const DefaultTimeout = 5 * time.Second

// maxMessage bounds an answer: 1 kB of ciphertext and 32 kB of annotations.
const maxMessage = 64 << 10

// Settings are named as in the configuration of the storage extension.
type Settings struct {
	Endpoint string        // unix:///path/to/plugin.sock
	Timeout  time.Duration // 0: DefaultTimeout
}

// Validate is pure; it names the bad setting.
func (s Settings) Validate() error {
	if _, err := socketPath(s.Endpoint); err != nil {
		return fmt.Errorf("endpoint: %w", err)
	}
	if s.Timeout < 0 {
		return errors.New("timeout: must not be negative")
	}
	return nil
}

// socketPath takes only unix:///absolute/path: over TCP the key would travel
// in clear, because the protocol has no TLS.
func socketPath(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "unix" || u.Host != "" || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" ||
		!path.IsAbs(u.Path) || path.Clean(u.Path) != u.Path || u.Path == "/" {
		return "", errors.New("want unix:///path/to/plugin.sock")
	}
	return u.Path, nil
}

// Provider implements envelope.Provider. Close it.
type Provider struct {
	endpoint string
	timeout  time.Duration
	conn     *grpc.ClientConn
	client   kms.KeyManagementServiceClient
}

var (
	_ envelope.Provider = (*Provider)(nil)
	_ envelope.Wrapper  = (*Provider)(nil)
)

// New does not connect; the first request does.
func New(s Settings) (*Provider, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	socket, err := socketPath(s.Endpoint)
	if err != nil {
		return nil, err
	}
	if s.Timeout == 0 {
		s.Timeout = DefaultTimeout
	}
	conn, err := grpc.NewClient("unix://"+socket,
		grpc.WithTransportCredentials(insecure.NewCredentials()), // a unix socket; file permissions guard it
		grpc.WithDisableServiceConfig(),
		grpc.WithNoProxy(),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)),
		// A plug-in that restarts is found again within seconds, not within
		// gRPC's two minutes.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * time.Second},
			MinConnectTimeout: s.Timeout,
		}))
	if err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	return &Provider{endpoint: s.Endpoint, timeout: s.Timeout, conn: conn, client: kms.NewKeyManagementServiceClient(conn)}, nil
}

// Close ends the connection to the plug-in.
func (p *Provider) Close() error { return p.conn.Close() }

// Name implements envelope.Provider.
func (*Provider) Name() string { return Name }

// Generate makes a key and has the plug-in encrypt it.
func (p *Provider) Generate(ctx context.Context, ec envelope.Context) (*envelope.EpochKey, error) {
	secret := make([]byte, envelope.KeySize)
	defer envelope.Wipe(secret)
	_, _ = rand.Read(secret) // never fails, see crypto/rand
	w, err := p.wrap(ctx, "generate", secret, ec)
	if err != nil {
		return nil, err
	}
	return envelope.NewEpochKey(secret, w)
}

// Wrap implements envelope.Wrapper.
func (p *Provider) Wrap(ctx context.Context, secret []byte, ec envelope.Context) (envelope.Wrapped, error) {
	return p.wrap(ctx, "wrap", secret, ec)
}

func (p *Provider) wrap(ctx context.Context, op string, secret []byte, ec envelope.Context) (envelope.Wrapped, error) {
	if err := ec.Validate(); err != nil {
		return envelope.Wrapped{}, p.fail(op, "", envelope.ErrInvalid, err)
	}
	plain := plaintext(secret, ec)
	defer envelope.Wipe(plain)
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	out, err := p.client.Encrypt(ctx, &kms.EncryptRequest{Plaintext: plain, Uid: newUID()})
	if err != nil {
		return envelope.Wrapped{}, p.fail(op, "", classify(op, err), err)
	}
	if err := validKeyID(out.GetKeyId()); err != nil {
		return envelope.Wrapped{}, p.fail(op, "", envelope.ErrInvalid, err)
	}
	encoded, err := blob{out.GetCiphertext(), out.GetAnnotations()}.encode()
	if err != nil {
		return envelope.Wrapped{}, p.fail(op, out.GetKeyId(), envelope.ErrInvalid, err)
	}
	w := envelope.Wrapped{Provider: Name, KeyID: out.GetKeyId(), Blob: encoded}
	if err := w.Validate(); err != nil {
		return envelope.Wrapped{}, p.fail(op, out.GetKeyId(), envelope.ErrInvalid, err)
	}
	return w, nil
}

// Unwrap has the plug-in decrypt, and compares the context.
func (p *Provider) Unwrap(ctx context.Context, w envelope.Wrapped, ec envelope.Context) (*envelope.EpochKey, error) {
	const op = "unwrap"
	if w.Provider != Name {
		return nil, p.fail(op, w.KeyID, envelope.ErrUnknownKey,
			fmt.Errorf("it was wrapped by provider %s, the configuration has %s", envelope.Printable(w.Provider, 32), Name))
	}
	if err := validKeyID(w.KeyID); err != nil {
		return nil, p.fail(op, w.KeyID, envelope.ErrBadCiphertext, err)
	}
	b, err := parseBlob(w.Blob)
	if err != nil {
		return nil, p.fail(op, w.KeyID, envelope.ErrBadCiphertext, err)
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	out, err := p.client.Decrypt(ctx, &kms.DecryptRequest{
		Ciphertext: b.ciphertext, Uid: newUID(), KeyId: w.KeyID, Annotations: b.annotations,
	})
	if err != nil {
		return nil, p.fail(op, w.KeyID, classify(op, err), err)
	}
	defer envelope.Wipe(out.GetPlaintext())
	secret, err := secretOf(out.GetPlaintext(), ec)
	if err != nil {
		return nil, p.fail(op, w.KeyID, envelope.ErrBadCiphertext, err)
	}
	return envelope.NewEpochKey(secret, w)
}

// Status asks for the plug-in's health and current key.
func (p *Provider) Status(ctx context.Context, ec envelope.Context) (string, error) {
	const op = "status"
	if err := ec.Validate(); err != nil {
		return "", p.fail(op, "", envelope.ErrInvalid, err)
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	out, err := p.client.Status(ctx, &kms.StatusRequest{})
	if err != nil {
		return "", p.fail(op, "", classify(op, err), err)
	}
	if v := out.GetVersion(); v != "v2" && v != "v2beta1" {
		return "", p.fail(op, "", envelope.ErrInvalid, fmt.Errorf("the plug-in speaks version %q, want v2", envelope.Printable(v, 32)))
	}
	if err := validKeyID(out.GetKeyId()); err != nil {
		return "", p.fail(op, "", envelope.ErrInvalid, err)
	}
	if h := out.GetHealthz(); h != "ok" {
		return "", p.fail(op, out.GetKeyId(), envelope.ErrTransient, fmt.Errorf("the plug-in reports %q", envelope.Printable(h, 200)))
	}
	return out.GetKeyId(), nil
}

func validKeyID(id string) error {
	if id == "" || len(id) > maxKeyID || !utf8.ValidString(id) {
		return fmt.Errorf("key id of %d bytes, the protocol allows 1 to %d of UTF-8", len(id), maxKeyID)
	}
	return nil
}

func newUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
