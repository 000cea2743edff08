package redactprocessor

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"github.com/sealed-otel/otelcol-sealed/redact"
)

// catalogFile writes the observed catalogue at an interval. Its goroutine is
// started by start and waited for by stop.
type catalogFile struct {
	config  CatalogConfig
	policy  *redact.Policy
	catalog *redact.Catalog
	log     *zap.Logger

	quit chan struct{}
	done chan struct{}
}

func newCatalogFile(c CatalogConfig, p *redact.Policy, log *zap.Logger) *catalogFile {
	return &catalogFile{
		config: c, policy: p, log: log,
		catalog: redact.NewCatalog(c.MaxFields, nil),
		quit:    make(chan struct{}),
		done:    make(chan struct{}),
	}
}

// start writes the file once, so that a path that can't be written fails the
// start and not the first interval.
func (c *catalogFile) start() error {
	if err := c.write(); err != nil {
		return err
	}
	go c.loop()
	return nil
}

func (c *catalogFile) loop() {
	defer close(c.done)
	tick := time.NewTicker(c.config.Interval)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-c.quit:
			return
		case <-tick.C:
			err := c.write()
			if err != nil && !failing {
				c.log.Error("catalogue can't be written; it is kept in memory and tried again", zap.Error(err))
			}
			if err == nil && failing {
				c.log.Info("catalogue is written again")
			}
			failing = err != nil
		}
	}
}

func (c *catalogFile) stop(ctx context.Context) error {
	close(c.quit)
	select {
	case <-c.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	return c.write()
}

// write replaces the file in one step: a reader sees the old one or the new
// one, whatever happens in between.
func (c *catalogFile) write() error {
	var b bytes.Buffer
	if err := c.catalog.Write(&b, c.policy); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(c.config.File), ".catalog-*")
	if err != nil {
		return err
	}
	name := f.Name()
	_, err = f.Write(b.Bytes())
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(name, c.config.File)
	}
	if err != nil {
		_ = os.Remove(name) // the first error is the one to report
	}
	return err
}
