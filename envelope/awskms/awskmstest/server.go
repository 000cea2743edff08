package awskmstest

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

const (
	// Account and Region are where keys without an ARN live.
	Account = "123456789012"
	Region  = "us-east-1"

	maxBody = 1 << 20
)

// TB is the part of testing.TB that Start needs.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Server is the double. All methods are safe for concurrent use.
type Server struct {
	// URL is the endpoint, http on 127.0.0.1, or https after StartTLS.
	URL string

	tb   TB
	http *httptest.Server
	now  func() time.Time

	mu         sync.Mutex // guards everything declared below
	keys       map[string]*kmsKey
	aliases    map[string]string // "region alias/name" → key ARN
	identities map[string]*identity
	roles      map[string]*identity // by ARN, for AssumeRole
	faults     []*Fault
	down       bool
	latency    time.Duration
	requests   []Request
}

// Request is one call that reached the double with a valid signature, or was
// refused for its signature (then Principal is empty).
type Request struct {
	Op        string // "Decrypt"
	Principal string // ARN
	KeyID     string // as the caller wrote it
	Context   map[string]string
	DryRun    bool
	Code      string // "" is success, else the error code that was answered
}

// Start runs a double over plain HTTP until the test ends.
func Start(tb TB) *Server {
	tb.Helper()
	return start(tb, httptest.NewServer)
}

// StartTLS runs a double over HTTPS with a certificate of its own; see Config
// and Certificate.
func StartTLS(tb TB) *Server {
	tb.Helper()
	return start(tb, httptest.NewTLSServer)
}

func start(tb TB, listen func(http.Handler) *httptest.Server) *Server {
	s := &Server{
		tb: tb, now: time.Now,
		keys: map[string]*kmsKey{}, aliases: map[string]string{},
		identities: map[string]*identity{}, roles: map[string]*identity{},
	}
	s.http = listen(s)
	s.URL = s.http.URL
	tb.Cleanup(s.Close)
	return s
}

// Close stops the server; Start does it at the end of the test.
func (s *Server) Close() { s.http.Close() }

// Certificate returns the PEM of the certificate to trust, for StartTLS.
func (s *Server) Certificate() []byte { return certificatePEM(s.http.Certificate()) }

// Client returns an HTTP client that trusts the server.
func (s *Server) Client() *http.Client { return s.http.Client() }

// Config returns SDK settings that reach the double as p, without retries.
func (s *Server) Config(p Principal) aws.Config {
	return aws.Config{
		Region: Region, Credentials: p.Credentials(), BaseEndpoint: aws.String(s.URL),
		HTTPClient: s.http.Client(), Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
}

// AddKey adds a key and returns its ARN.
func (s *Server) AddKey(k Key) string {
	s.tb.Helper()
	if k.ARN == "" {
		k.ARN = fmt.Sprintf("arn:aws:kms:%s:%s:key/%s", Region, Account, newUUID())
	}
	if len(k.Policy) == 0 {
		k.Policy = []byte(`{"Version":"2012-10-17","Statement":[{"Sid":"EnableIAM","Effect":"Allow",` +
			`"Principal":{"AWS":"arn:aws:iam::` + arnPart(k.ARN, 4) + `:root"},"Action":"kms:*","Resource":"*"}]}`)
	}
	key := newKey(k.ARN)
	if err := key.setPolicy(k.Policy); err != nil {
		s.tb.Fatalf("key %s: %v", k.ARN, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[k.ARN] = key
	if k.Alias != "" {
		s.aliases[arnPart(k.ARN, 3)+" "+k.Alias] = k.ARN
	}
	return k.ARN
}

// AddIdentity adds a user or role and makes credentials for it.
func (s *Server) AddIdentity(i Identity) Principal {
	s.tb.Helper()
	id, err := newIdentity(i)
	if err != nil {
		s.tb.Fatalf("%v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.identities[id.AccessKeyID] = id
	s.roles[id.ARN] = id
	return id.Principal
}

// AllowAll is an identity policy for tests that are not about policies.
var AllowAll = []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*"}]}`)

func (s *Server) byAccessKey(id string) *identity {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.identities[id]
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	down, latency := s.down, s.latency
	s.mu.Unlock()
	if down {
		panic(http.ErrAbortHandler) // the connection breaks without an answer
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		answer(w, nil, &apiError{http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "body too large"})
		return
	}
	// After the body: only then does the server notice that the client left.
	if latency > 0 {
		select {
		case <-time.After(latency):
		case <-r.Context().Done():
			return
		}
	}
	if r.Header.Get("X-Amz-Target") == "" && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		s.serveSTS(w, r, body)
		return
	}
	op, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "TrentService.")
	switch {
	case r.Method != http.MethodPost || r.URL.Path != "/" || !ok:
		answer(w, nil, &apiError{http.StatusNotFound, "UnknownOperationException", ""})
		return
	case !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-amz-json-1.1"):
		answer(w, nil, refuse("UnknownOperationException", "unsupported content type"))
		return
	}
	out, record, f := s.serve(r, op, body)
	record.Op = op
	if f != nil {
		record.Code = f.code
	}
	s.mu.Lock()
	s.requests = append(s.requests, record)
	s.mu.Unlock()
	answer(w, out, f)
}

// serve checks in the order of AWS: signature, throttling, syntax, then the
// operation's own order (key, permission, key state, ciphertext, dry run).
func (s *Server) serve(r *http.Request, op string, body []byte) (any, Request, *apiError) {
	var record Request
	caller, region, f := s.verify(r, body, "kms")
	if f != nil {
		return nil, record, f
	}
	record.Principal = caller.ARN
	if f := s.takeFault(op); f != nil {
		return nil, record, f
	}
	var in input
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, record, refuse("SerializationException", "malformed request")
	}
	record.KeyID, record.DryRun = in.KeyID, in.DryRun
	record.Context = maps.Clone(in.EncryptionContext)
	handle := operations[op]
	if handle == nil {
		return nil, record, &apiError{http.StatusNotFound, "UnknownOperationException", ""}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out, err := handle(s, call{caller: caller, region: region, op: op}, &in)
	if err != nil {
		var f *apiError
		if !errors.As(err, &f) {
			f = &apiError{http.StatusInternalServerError, "KMSInternalException", "internal"}
		}
		return nil, record, f
	}
	return out, record, nil
}

func answer(w http.ResponseWriter, out any, f *apiError) {
	var id [16]byte
	_, _ = rand.Read(id[:])
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Requestid", hex.EncodeToString(id[:]))
	status := http.StatusOK
	if f != nil {
		status, out = f.status, map[string]string{"__type": f.code, "message": f.message}
	}
	body, err := json.Marshal(out)
	if err != nil {
		status, body = http.StatusInternalServerError, nil
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// Requests returns what was asked so far, in order.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Authorize decides a call that need not come over the wire: for example one
// that S3 makes for the caller (via "s3.us-east-1.amazonaws.com", empty for
// none). It returns nil or the AccessDeniedException as an error.
func (s *Server) Authorize(p Principal, action, keyARN string, ec envelope.Context, via string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	caller, key := s.identities[p.AccessKeyID], s.keys[keyARN]
	if caller == nil || key == nil {
		return errors.New("no such principal or key")
	}
	extra := map[string][]string{}
	if via != "" {
		extra["kms:ViaService"] = []string{via}
	}
	if f := authorize(caller, key, action, ec, extra); f != nil {
		return f
	}
	return nil
}

func arnPart(arn string, i int) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[i]
	}
	return ""
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
