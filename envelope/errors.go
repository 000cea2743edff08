package envelope

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The classes of a provider's failure. Each stands for one decision of the
// caller; a provider returns exactly one of them, wrapped in an [Error].
var (
	// ErrTransient: the KMS could not be reached or failed inside. Retry.
	ErrTransient = errors.New("key service unavailable")
	// ErrThrottled: the KMS asks for fewer requests. Retry, later.
	ErrThrottled = errors.New("key service throttles")
	// ErrDenied: the identity may not use the key (so) or is not known.
	ErrDenied = errors.New("use of the key denied")
	// ErrDisabled: the key exists but is disabled or pending deletion.
	ErrDisabled = errors.New("key disabled")
	// ErrGone: the key does not exist.
	ErrGone = errors.New("key does not exist")
	// ErrBadCiphertext: the wrapped key was altered, was wrapped by another
	// key, or under another encryption context.
	ErrBadCiphertext = errors.New("wrapped key does not open")
	// ErrUnknownKey: a wrapped key names a KMS key that is not configured.
	ErrUnknownKey = errors.New("wrapped under a key that is not configured")
	// ErrInvalid: the request or the configuration is wrong; retrying is useless.
	ErrInvalid = errors.New("invalid key request")
)

// classes in the order in which Class looks for them.
var classes = []struct {
	err  error
	code string
}{
	{ErrTransient, "transient"},
	{ErrThrottled, "throttled"},
	{ErrDenied, "denied"},
	{ErrDisabled, "disabled"},
	{ErrGone, "gone"},
	{ErrBadCiphertext, "bad_ciphertext"},
	{ErrUnknownKey, "unknown_key"},
	{ErrInvalid, "invalid"},
}

// Class returns a short code of err's class for metrics: "ok" for nil,
// "other" for an error of no class.
func Class(err error) string {
	if err == nil {
		return "ok"
	}
	for _, c := range classes {
		if errors.Is(err, c.err) {
			return c.code
		}
	}
	return "other"
}

// Retryable reports whether the same request may succeed later without anyone
// changing a key or a policy.
func Retryable(err error) bool {
	return errors.Is(err, ErrTransient) || errors.Is(err, ErrThrottled)
}

// Revoked reports whether the KMS answered, and its answer takes the key away.
// It is never true for an outage: a KMS that can't be reached revokes nothing.
func Revoked(err error) bool {
	for _, c := range []error{ErrDenied, ErrDisabled, ErrGone, ErrBadCiphertext, ErrUnknownKey} {
		if errors.Is(err, c) {
			return true
		}
	}
	return false
}

// Error is a failed request to a provider. It names what an operator needs:
// provider, operation and key. It never holds key bytes or wrapped blobs.
type Error struct {
	Class    error  // one of the sentinels of this package
	Provider string // "keyfile", "awskms", "kmsv2"
	Op       string // "generate", "wrap", "unwrap", "status", "probe"
	KeyID    string // the KMS key that was asked for, if known
	Detail   string // what the provider said; bounded and printable
	Err      error  // cause, for errors.Is on context errors; not printed
}

// maxDetail bounds what a remote party can put into our log lines.
const maxDetail = 400

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Provider, e.Op)
	if e.KeyID != "" {
		fmt.Fprintf(&b, " with key %s", Printable(e.KeyID, maxKeyID))
	}
	fmt.Fprintf(&b, ": %v", e.Class)
	if e.Detail != "" {
		fmt.Fprintf(&b, ": %s", Printable(e.Detail, maxDetail))
	}
	return b.String()
}

// Unwrap makes errors.Is see the class and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Class}
	}
	return []error{e.Class, e.Err}
}

// Printable returns s cut to limit bytes, with everything that could forge a
// log line or steer a terminal replaced by '?'.
func Printable(s string, limit int) string {
	cut := false
	if len(s) > limit {
		s, cut = s[:limit], true
	}
	out := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
	if cut {
		out += "..."
	}
	return out
}
