// Package s3stub is an S3 endpoint over TLS that can lie. It knows as much of
// S3 as one PutObject needs, answers honestly unless told otherwise, and
// remembers every request for the test to look at.
package s3stub

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Put is one PUT of an object as it arrived.
type Put struct {
	// Number counts the PUTs from 1, canaries included.
	Number int
	Key    string
	Header http.Header
	Body   []byte
	// Canary is set for an object without telemetry.
	Canary bool
	// exists is set when the key is taken and If-None-Match was sent, pending
	// when another PUT of that key is under way.
	exists, pending bool
	// gone is closed when the client has given up.
	gone <-chan struct{}
}

// Object is what the stub stored.
type Object struct {
	Body   []byte
	Header http.Header
}

// Answer writes the response to a PUT, and says whether the object is stored.
type Answer func(w http.ResponseWriter, p *Put) (stored bool)

// Script picks the answer to a PUT; nil means Honest.
type Script func(p *Put) Answer

// Server is the endpoint.
type Server struct {
	URL    string
	CAFile string

	http *httptest.Server

	// mu guards everything declared below.
	mu      sync.Mutex
	script  Script
	other   http.HandlerFunc
	puts    []*Put
	objects map[string]Object
	// pending counts the PUTs under way by key.
	pending map[string]int
	queries []string
}

// New starts a stub that ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{objects: make(map[string]Object), pending: make(map[string]int)}
	s.http = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.http.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.http.StartTLS()
	t.Cleanup(s.http.Close)
	s.URL = s.http.URL
	s.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: s.http.Certificate().Raw}
	if err := os.WriteFile(s.CAFile, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// Certificate is what the endpoint presents.
func (s *Server) Certificate() *x509.Certificate { return s.http.Certificate() }

// Close ends the endpoint early: an outage.
func (s *Server) Close() { s.http.Close() }

// Script sets how PUTs are answered from now on.
func (s *Server) Script(script Script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = script
}

// Other handles every request that is not the PUT of an object. Without it they
// are answered with 403, as to a write-only identity.
func (s *Server) Other(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.other = h
}

// Puts returns the PUTs so far, in order of arrival.
func (s *Server) Puts() []*Put {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Put(nil), s.puts...)
}

// Telemetry returns the PUTs that were not canaries.
func (s *Server) Telemetry() []*Put {
	var list []*Put
	for _, p := range s.Puts() {
		if !p.Canary {
			list = append(list, p)
		}
	}
	return list
}

// Objects returns the stored objects of telemetry by key.
func (s *Server) Objects() map[string]Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]Object)
	for k, o := range s.objects {
		if !strings.Contains(k, "_canary/") {
			all[k] = o
		}
	}
	return all
}

// Requests returns "METHOD /path?query" of everything that was not a PUT of an
// object.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.queries...)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	_, key, hasKey := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if r.Method != http.MethodPut || !hasKey || key == "" || r.URL.RawQuery != "x-id=PutObject" {
		s.mu.Lock()
		s.queries = append(s.queries, r.Method+" "+r.URL.RequestURI())
		other := s.other
		s.mu.Unlock()
		if other == nil {
			Fail(w, http.StatusForbidden, "AccessDenied")
			return
		}
		other(w, r)
		return
	}
	p := &Put{Key: key, Header: r.Header.Clone(), Canary: strings.Contains(key, "_canary/"), gone: r.Context().Done()}
	s.mu.Lock()
	_, p.exists = s.objects[key]
	conditional := r.Header.Get("If-None-Match") == "*"
	p.exists = p.exists && conditional
	p.pending = s.pending[key] > 0 && conditional
	s.pending[key]++
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.pending[key]--; s.pending[key] == 0 {
			delete(s.pending, key)
		}
	}()
	s.puts = append(s.puts, p)
	p.Number = len(s.puts)
	script := s.script
	s.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	p.Body = body
	s.mu.Unlock()
	var answer Answer
	if script != nil {
		answer = script(p)
	}
	if answer == nil {
		answer = Honest
	}
	switch {
	case p.exists:
		answer = Exists
	case p.pending:
		// S3 API reference, PutObject, If-None-Match: 409 if a conflicting
		// operation occurs during the upload.
		answer = Fails(http.StatusConflict, "ConditionalRequestConflict")
	}
	if answer(w, p) {
		s.mu.Lock()
		s.objects[key] = Object{Body: p.Body, Header: p.Header}
		s.mu.Unlock()
	}
}

// Honest checks the checksum and confirms what was asked for.
func Honest(w http.ResponseWriter, p *Put) bool {
	sum := sha256.Sum256(p.Body)
	if p.Header.Get("X-Amz-Checksum-Sha256") != base64.StdEncoding.EncodeToString(sum[:]) {
		return Fails(http.StatusBadRequest, "BadDigest")(w, p)
	}
	for _, name := range []string{"", "-Aws-Kms-Key-Id", "-Context", "-Bucket-Key-Enabled"} {
		name = "X-Amz-Server-Side-Encryption" + name
		if v := p.Header.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sum[:16]))
	w.WriteHeader(http.StatusOK)
	return true
}

// Exists is 412.
func Exists(w http.ResponseWriter, _ *Put) bool {
	Fail(w, http.StatusPreconditionFailed, "PreconditionFailed")
	return false
}

// Fail writes an S3 error document.
func Fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>stub</Message></Error>", code)
}

// Fails answers with an error.
func Fails(status int, code string) Answer {
	return func(w http.ResponseWriter, _ *Put) bool {
		Fail(w, status, code)
		return false
	}
}
