package sealedlog

import (
	"context"
	"errors"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// verifyKeys opens epoch keys for reading only, each once.
type verifyKeys struct {
	unwrap func(context.Context, envelope.Wrapped) (*envelope.EpochKey, error)
	opened map[[32]byte]*envelope.EpochKey
}

var errReadOnly = errors.New("opened for reading only")

func (*verifyKeys) Current() (*envelope.EpochKey, error) { return nil, errReadOnly }

func (*verifyKeys) Admit() error { return errReadOnly }

func (k *verifyKeys) Unwrap(ctx context.Context, w envelope.Wrapped) (*envelope.EpochKey, error) {
	id := w.ID()
	if e := k.opened[id]; e != nil {
		return e, nil
	}
	e, err := k.unwrap(ctx, w)
	if err != nil {
		return nil, err
	}
	k.opened[id] = e
	return e, nil
}

func (k *verifyKeys) wipe() {
	for _, e := range k.opened {
		e.Wipe()
	}
}
