package redactprocessor

import (
	"context"
	"fmt"
	"sync"

	"go.uber.org/zap"

	"github.com/sealed-otel/otelcol-sealed/redact"
)

// shared is what the processors of one configuration have in common: the
// engine and the catalogue. The first start makes it, the last shutdown ends
// it.
type shared struct {
	config *Config
	forget func()

	mu sync.Mutex
	// mu guards everything declared below.
	users   int
	engine  *redact.Engine
	catalog *catalogFile
}

func newShared(c *Config, forget func()) *shared {
	return &shared{config: c, forget: forget}
}

func (s *shared) start(log *zap.Logger) (*redact.Engine, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.engine == nil {
		if err := s.build(log); err != nil {
			return nil, err
		}
	}
	s.users++
	return s.engine, nil
}

func (s *shared) build(log *zap.Logger) error {
	policy, err := redact.Parse(s.config.Policy)
	if err != nil {
		return err
	}
	keys, err := redact.LoadKeys(policy)
	if err != nil {
		return fmt.Errorf("redact: %w", err)
	}
	o := redact.Options{Keys: keys, NewCipher: newCipher}
	if s.config.Catalog.File != "" {
		s.catalog = newCatalogFile(s.config.Catalog, policy, log)
		o.Catalog = s.catalog.catalog
	}
	engine, err := redact.New(policy, o)
	if err != nil {
		return fmt.Errorf("redact: %w", err)
	}
	if s.catalog != nil {
		if err := s.catalog.start(); err != nil {
			s.catalog = nil
			return fmt.Errorf("redact: catalog::file: %w; name a file in a folder that exists and that the collector may write to", err)
		}
	}
	for _, w := range policy.Warnings() {
		log.Warn("slow or weak policy entry", zap.String("entry", w))
	}
	if policy.Mode() == redact.Report {
		log.Warn("policy is in mode report: nothing is redacted", zap.String("policy", policy.Name()))
	}
	s.engine = engine
	return nil
}

func (s *shared) stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.users > 0 {
		return nil
	}
	s.forget()
	s.engine = nil
	c := s.catalog
	s.catalog = nil
	if c == nil {
		return nil
	}
	return c.stop(ctx)
}
