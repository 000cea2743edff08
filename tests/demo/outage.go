package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/planted"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/sender"
)

// SpoolScan is a look at every byte and every name of the spool folder.
type SpoolScan struct {
	When    string
	Bytes   int64
	Files   int
	Planted []planted.Hit
	// Markers are pieces of telemetry that nothing redacts: in a sealed spool
	// they are nowhere either.
	Markers []planted.Hit
}

const scanAtEnd = "at the end"

// send starts telemetrygen and the planted sender and waits until the store
// holds some of it: from here on everything is known to work.
func (s *stage) send(ctx context.Context) error {
	var err error
	s.sender, err = sender.New(sender.Options{
		Address: s.site.GRPC, TLS: s.site.Authority.ClientTLS(s.site.Client), Planted: s.planted, Ledger: s.ledger, Run: s.run,
		Batch: 40, Interval: 60 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	s.sender.Start()
	if err := s.generate(ctx); err != nil {
		return err
	}
	limited, cancel := context.WithTimeoutCause(ctx, 30*time.Second, errors.New("no telemetry arrived in the store within 30s"))
	defer cancel()
	err = poll(limited, 200*time.Millisecond, func() (bool, error) {
		if err := s.archive.Refresh(limited); err != nil {
			return false, err
		}
		for _, signal := range sender.Signals {
			if s.archive.Items(signal) == 0 {
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	s.say("traces, logs and metrics arrive: %d items acknowledged, %d objects in the store", s.ledger.Total(), s.archive.Telemetry())
	return nil
}

// takeStoreAway stops MinIO; what is acknowledged from now on can be nowhere
// but in the spool.
func (s *stage) takeStoreAway(ctx context.Context) error {
	if err := s.store.Down(); err != nil {
		return err
	}
	before := s.ledger.Bytes()
	s.evidence.OutageFrom = s.ledger.Total()
	s.evidence.outageBytesFrom = before
	s.say("MinIO is down; the sender goes on")
	return s.waitAcknowledged(ctx, before+s.options.OutageBytes/2)
}

// waitAcknowledged waits until that many bytes are in the ledger.
func (s *stage) waitAcknowledged(ctx context.Context, bytes int64) error {
	limited, cancel := context.WithTimeoutCause(ctx, 30*time.Second, errors.New("the collector acknowledges too little while the store is away"))
	defer cancel()
	return poll(limited, 20*time.Millisecond, func() (bool, error) {
		if !s.collector.Running() {
			return false, errors.New("the collector ended by itself")
		}
		return s.ledger.Bytes() >= bytes, nil
	})
}

// killCollector ends it with SIGKILL in the middle of its work, looks through
// the spool as it was left, and starts it again.
func (s *stage) killCollector(ctx context.Context) error {
	if err := s.scrape(ctx); err != nil {
		return err
	}
	if err := s.collector.Kill(); err != nil {
		return err
	}
	s.evidence.Kills++
	s.evidence.AcknowledgedBeforeKill = s.ledger.Total()
	if err := s.scanSpool("after the kill"); err != nil {
		return err
	}
	s.say("collector killed with SIGKILL after %d acknowledged items, %d of them in the spool alone",
		s.ledger.Total(), s.ledger.Total()-s.evidence.OutageFrom)
	if err := s.collector.Again(ctx); err != nil {
		return err
	}
	s.say("collector runs again on the same spool; the store is still away")
	return nil
}

// fillSpool goes on until the outage has its size, then stops the sender: this
// is the spool at its fullest.
func (s *stage) fillSpool(ctx context.Context) error {
	target := s.evidence.outageBytesFrom + s.options.OutageBytes
	if s.ledger.Total() == s.evidence.AcknowledgedBeforeKill || s.ledger.Bytes() < target {
		if err := s.waitAcknowledged(ctx, max(target, s.ledger.Bytes()+1)); err != nil {
			return err
		}
	}
	stopping, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if err := s.sender.Stop(stopping); err != nil {
		return err
	}
	s.evidence.OutageItems = s.ledger.Total() - s.evidence.OutageFrom
	s.evidence.OutageBytes = s.ledger.Bytes() - s.evidence.outageBytesFrom
	if err := s.scanSpool("at its fullest"); err != nil {
		return err
	}
	full := s.evidence.Spool[len(s.evidence.Spool)-1]
	s.say("sender stopped: %d items (%s) wait in the spool, which is %s in %d files",
		s.evidence.OutageItems, size(s.evidence.OutageBytes), size(full.Bytes), full.Files)
	return s.scrape(ctx)
}

// bringStoreBack waits until every acknowledged item is in an object. When time
// runs out, what is missing is a finding.
func (s *stage) bringStoreBack(ctx context.Context) error {
	if err := s.store.Up(ctx); err != nil {
		return err
	}
	s.say("MinIO is back")
	if s.options.Sabotage.LostItem {
		s.ledger.Acknowledge(sender.Traces, 0, "an item that nobody ever sent")
	}
	errLate := errors.New("time is up")
	limited, cancel := context.WithTimeoutCause(ctx, s.options.DrainTimeout, errLate)
	defer cancel()
	err := poll(limited, 250*time.Millisecond, func() (bool, error) {
		if !s.collector.Running() {
			return false, errors.New("the collector ended by itself while it drained")
		}
		if err := s.archive.Refresh(limited); err != nil {
			if limited.Err() != nil {
				return false, errLate
			}
			return false, err
		}
		for _, signal := range sender.Signals {
			if len(s.missing(signal)) > 0 {
				return false, nil
			}
		}
		return s.archive.Service(generatorName+s.run) >= s.evidence.Generated, nil
	})
	if err != nil && !errors.Is(err, errLate) {
		return err
	}
	s.say("waited until all is stored: %d objects", s.archive.Telemetry())
	return nil
}

func (s *stage) missing(signal sender.Signal) []string {
	return s.ledger.Missing(signal, func(id string) bool { return s.archive.Holds(signal, id) })
}

func (s *stage) scrape(ctx context.Context) error {
	page, err := s.collector.Scrape(ctx)
	if err != nil {
		return err
	}
	s.scrapes = append(s.scrapes, page...)
	return nil
}

// scanSpool copes with files that a running collector replaces meanwhile: what
// vanished between the listing and the reading is looked for again.
func (s *stage) scanSpool(when string) error {
	for attempt := 0; ; attempt++ {
		scan := SpoolScan{When: when}
		var err error
		if scan.Planted, scan.Bytes, scan.Files, err = s.scanner.Folder(s.site.Spool); err == nil {
			scan.Markers, _, _, err = s.markers.Folder(s.site.Spool)
		}
		if err == nil {
			s.evidence.Spool = append(s.evidence.Spool, scan)
			return nil
		}
		if attempt == 5 || !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
}

// inspect stops the collector and looks at everything it left.
func (s *stage) inspect(ctx context.Context) error {
	if err := s.scrape(ctx); err != nil {
		return err
	}
	if err := s.collector.Stop(); err != nil {
		return err
	}
	if err := s.scanSpool(scanAtEnd); err != nil {
		return err
	}
	if s.options.Sabotage.PlainObject {
		if err := s.storeInClear(ctx); err != nil {
			return err
		}
	}
	if err := s.archive.Refresh(ctx); err != nil {
		return err
	}
	e := &s.evidence
	e.Objects = s.archive.Objects()
	e.Acknowledged, e.Missing = map[sender.Signal]int{}, map[sender.Signal]int{}
	for _, signal := range sender.Signals {
		e.Acknowledged[signal] = s.ledger.Count(signal)
		e.Missing[signal] = len(s.missing(signal))
	}
	e.PlaintextStored = s.archive.Matching(sender.Traces, plaintextID)
	e.StrangersStored = s.archive.Matching(sender.Traces, strangerID)
	e.Duplicates, e.RefusedBatches = s.archive.Duplicates(), s.ledger.Refused()
	e.GeneratedStored = s.archive.Service(generatorName + s.run)

	logs, err := os.ReadFile(filepath.Join(s.site.Dir, "collector.log"))
	if err != nil {
		return fmt.Errorf("read the collector's log: %w", err)
	}
	e.LogBytes, e.LogHits = len(logs), s.scanner.Bytes("collector.log", logs)
	for i, refusal := range e.Refusals {
		e.LogHits = append(e.LogHits, s.scanner.Bytes(fmt.Sprintf("log of refusal %d", i+1), []byte(refusal.Output))...)
	}
	e.MetricBytes, e.MetricHits = len(s.scrapes), s.scanner.Bytes("own metrics", s.scrapes)
	e.Sent = metric(s.scrapes, "otelcol_receiver_accepted_")
	s.say("looked through objects, spool, logs and metrics for %d planted values in %d forms", e.PlantedValues, e.Needles)
	return nil
}
