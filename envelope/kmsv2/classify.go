package kmsv2

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// classify maps gRPC codes. An unclear code counts as an outage: it must not
// end inserts after revocation_grace.
func classify(op string, err error) error {
	switch status.Code(err) {
	case codes.ResourceExhausted:
		return envelope.ErrThrottled
	case codes.PermissionDenied, codes.Unauthenticated:
		return envelope.ErrDenied
	case codes.FailedPrecondition:
		return envelope.ErrDisabled
	case codes.NotFound:
		return envelope.ErrGone
	case codes.InvalidArgument, codes.DataLoss:
		if op == "unwrap" {
			return envelope.ErrBadCiphertext
		}
		return envelope.ErrInvalid
	case codes.Unimplemented:
		return envelope.ErrInvalid
	default:
		return envelope.ErrTransient
	}
}

func (p *Provider) fail(op, keyID string, class, err error) error {
	detail := p.endpoint + ": " + err.Error()
	if s, ok := status.FromError(err); ok {
		detail = p.endpoint + ": " + s.Code().String() + ": " + s.Message()
	}
	return &envelope.Error{Class: class, Provider: Name, Op: op, KeyID: keyID, Detail: detail, Err: err}
}
