// Package exit holds the exit codes of sealctl and the error type that carries
// one of them from a command to the process.
package exit

import "errors"

// Exit codes of every sealctl command. Scripts and CI rely on them.
const (
	OK       = 0 // nothing to report
	Findings = 1 // the command worked and found something wrong
	Usage    = 2 // wrong arguments, or an input that cannot be read
	Internal = 3 // a fault of sealctl itself
)

// Error is an error with the exit code that it asks for. An Error without
// message ends the process silently: what was found is already printed.
type Error struct {
	Code int
	Err  error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return ""
	}
	return e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// WithCode wraps err, which may be nil, so that the process exits with code.
func WithCode(code int, err error) error { return &Error{Code: code, Err: err} }

// CodeOf is the exit code that err asks for: OK for nil, Usage for an error
// that names none, because cobra's own errors are all about arguments.
func CodeOf(err error) int {
	if err == nil {
		return OK
	}
	var coded *Error
	if errors.As(err, &coded) {
		return coded.Code
	}
	return Usage
}
