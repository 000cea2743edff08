package encryptedstorage

import (
	"context"
	"errors"
	"sync"

	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
)

// client is one component's storage, over one log.
type client struct {
	log *sealedlog.Log
	// closeOnce closes the log: a second Close must not release the folder that
	// another client has opened since.
	closeOnce func() error
}

func newClient(log *sealedlog.Log, dir *sealedlog.Dir, release func()) *client {
	return &client{log: log, closeOnce: sync.OnceValue(func() error {
		defer release()
		return errors.Join(log.Close(), dir.Close())
	})}
}

var (
	_ storage.Client = (*client)(nil)
	_ storage.Walker = (*client)(nil)
)

func (c *client) Get(ctx context.Context, key string) ([]byte, error) { return c.log.Get(ctx, key) }

func (c *client) Set(ctx context.Context, key string, value []byte) error {
	return translate(c.log.Batch(ctx, &sealedlog.Op{Kind: sealedlog.Set, Key: key, Value: value}))
}

func (c *client) Delete(ctx context.Context, key string) error {
	return translate(c.log.Batch(ctx, &sealedlog.Op{Kind: sealedlog.Delete, Key: key}))
}

func (c *client) Batch(ctx context.Context, ops ...*storage.Operation) error {
	batch := make([]sealedlog.Op, len(ops))
	refs := make([]*sealedlog.Op, len(ops))
	for i, op := range ops {
		convert(&batch[i], op)
		refs[i] = &batch[i]
	}
	if err := translate(c.log.Batch(ctx, refs...)); err != nil {
		return err
	}
	for i, op := range ops {
		if op.Type == storage.Get {
			op.Value = batch[i].Value
		}
	}
	return nil
}

// Walk implements storage.Walker. fn must not use the client.
func (c *client) Walk(_ context.Context, fn storage.WalkFunc) error {
	var gets []*storage.Operation
	var results []*sealedlog.Op
	err := c.log.Walk(func(key string, value []byte) ([]*sealedlog.Op, bool, error) {
		ops, err := fn(key, value)
		stop := errors.Is(err, storage.SkipAll)
		if err != nil && !stop {
			return nil, false, err
		}
		converted := make([]*sealedlog.Op, len(ops))
		for i, op := range ops {
			converted[i] = &sealedlog.Op{}
			convert(converted[i], op)
			if op.Type == storage.Get {
				gets, results = append(gets, op), append(results, converted[i])
			}
		}
		return converted, stop, nil
	})
	if err != nil {
		return translate(err)
	}
	for i, op := range gets {
		op.Value = results[i].Value
	}
	return nil
}

func (c *client) Close(context.Context) error { return c.closeOnce() }

func convert(to *sealedlog.Op, from *storage.Operation) {
	to.Key = from.Key
	switch from.Type {
	case storage.Get:
		to.Kind = sealedlog.Get
	case storage.Set:
		to.Kind, to.Value = sealedlog.Set, from.Value
	case storage.Delete:
		to.Kind = sealedlog.Delete
	}
}

// translate gives the queue the one error that it knows.
func translate(err error) error {
	if errors.Is(err, sealedlog.ErrFull) {
		return errors.Join(storage.ErrStorageFull, err)
	}
	return err
}
