package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/archive"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/collector"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/minio"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/pki"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/planted"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/quickstart"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/sender"
)

// stage is everything that a run owns. One goroutine uses it.
type stage struct {
	options  Options
	began    time.Time
	evidence Evidence

	run      string // random, lower-case letters: the marker of this run's items
	dir      string
	site     *quickstart.Site
	stranger *pki.Authority
	target   quickstart.Store

	store     *minio.Server
	collector *collector.Collector
	planted   *planted.Set
	scanner   *planted.Scanner
	markers   *planted.Scanner
	ledger    *sender.Ledger
	sender    *sender.Sender
	archive   *archive.Archive
	scrapes   []byte
}

// build makes the folder, the PKI, the store and the keys.
func (s *stage) build(ctx context.Context) error {
	if _, err := collector.Find(); err != nil {
		return err
	}
	var err error
	if s.dir, err = os.MkdirTemp("", "otelcol-sealed-demo-"); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	s.run = runName()
	siteDir := filepath.Join(s.dir, "site")
	if err := os.Mkdir(siteDir, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	if s.site, err = quickstart.New(siteDir); err != nil {
		return err
	}
	if s.stranger, err = pki.NewAuthority("a stranger's authority"); err != nil {
		return err
	}
	s.say("throw-away PKI: one authority, server and client certificates, and a stranger's authority")

	storeDir := filepath.Join(s.dir, "store")
	if err := os.Mkdir(storeDir, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	if s.store, err = minio.Start(ctx, minio.Options{Dir: storeDir}); err != nil {
		return err
	}
	identity, err := s.store.WriteOnly(ctx, minio.KeyARN)
	if err != nil {
		return err
	}
	s.target = quickstart.Store{
		Endpoint: s.store.Endpoint, Bucket: s.store.Bucket, CAFile: s.store.CAFile, Key: minio.KeyARN, Identity: identity,
	}
	s.say("MinIO on %s with KMS key %s, and an identity that can only write under it", s.store.Endpoint, minio.KeyARN)

	if s.planted, err = planted.New(12); err != nil {
		return err
	}
	s.scanner = s.planted.Scanner()
	s.markers = planted.Markers([]string{"-" + s.run + "-item-", "planted-sender", "/checkout/{order}", sender.IDAttribute})
	s.ledger = sender.NewLedger()
	s.archive = archive.New(s.store.Root(), s.store.Bucket, s.scanner)
	s.evidence.Key = minio.KeyARN
	s.evidence.PlantedValues, s.evidence.Needles = s.planted.Count(), s.scanner.Needles()
	return nil
}

func (s *stage) startCollector(ctx context.Context) error {
	overlays, err := s.overlays()
	if err != nil {
		return err
	}
	s.collector, err = collector.Start(ctx, s.site.Options(s.target, overlays...))
	if err != nil {
		return err
	}
	s.say("collector runs examples/quickstart/config.yaml: OTLP with mutual TLS on %s (gRPC) and %s (HTTP)", s.site.GRPC, s.site.HTTP)
	return nil
}

// close ends every process and removes the folder.
func (s *stage) close() error {
	var errs []error
	if s.sender != nil {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		// Batches given up here are the consequence of an earlier failure.
		_ = s.sender.Stop(ended)
	}
	if s.collector != nil {
		errs = append(errs, s.collector.Kill())
	}
	if s.store != nil {
		errs = append(errs, s.store.Down())
	}
	if s.dir != "" {
		if s.options.Keep {
			s.say("kept %s", s.dir)
		} else {
			errs = append(errs, os.RemoveAll(s.dir))
		}
	}
	return errors.Join(errs...)
}

// runName is letters only, so that no detector can take an id for a number.
func runName() string {
	return strings.ToLower(strings.NewReplacer("2", "a", "3", "b", "4", "c", "5", "d", "6", "e", "7", "f").Replace(rand.Text()))[:10]
}
