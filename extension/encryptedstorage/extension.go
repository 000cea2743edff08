package encryptedstorage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/internal/metadata"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/spooldir"
)

// store is the extension: one directory, one key service, many clients.
type store struct {
	component component.ID
	cfg       *Config
	log       *zap.Logger
	telemetry *metadata.TelemetryBuilder
	health    *health

	// Set by Start, before any GetClient.
	id     [16]byte
	epochs *envelope.Epochs
	budget *sealedlog.Budget

	// mu guards everything declared below.
	mu           sync.Mutex
	started      bool
	lock         *os.File
	stopProvider func() error
	clients      map[string]*client // nil while a client is being opened
	// durable is the last sequence number of every client since the start, as it was
	// last seen: the metric must not fall when a client closes.
	durable map[string]uint64
}

var _ storage.Extension = (*store)(nil)

func newStore(set extension.Settings, cfg *Config) (*store, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	s := &store{
		component: set.ID, cfg: cfg, log: set.Logger, telemetry: telemetry,
		health: newHealth(), clients: map[string]*client{}, durable: map[string]uint64{},
	}
	if err := s.observe(); err != nil {
		telemetry.Shutdown()
		return nil, err
	}
	return s, nil
}

// Start takes the directory and makes sure that the key service can be used.
// Order: permissions, lock, identity, newest epoch key, key service.
func (s *store) Start(ctx context.Context, host component.Host) (err error) {
	if err := spooldir.Check(s.cfg.Directory, s.cfg.CreateDirectory); err != nil {
		return s.directoryRefusal(err)
	}
	lock, err := spooldir.Lock(s.cfg.Directory)
	if err != nil {
		return s.directoryRefusal(err)
	}
	defer func() {
		if err != nil {
			_ = lock.Close()
		}
	}()
	if s.id, err = spooldir.LoadIdentity(ctx, s.cfg.Directory); err != nil {
		return s.directoryRefusal(err)
	}
	provider, stop, err := newProvider(ctx, s.cfg)
	if err != nil {
		return s.keysRefusal(err)
	}
	defer func() {
		if err != nil {
			_ = stop()
		}
	}()
	keys := s.cfg.Keys
	epochs, err := envelope.NewEpochs(envelope.EpochSettings{
		Provider: provider, Context: keys.context(),
		RotationInterval: keys.RotationInterval, MaxEpochAge: keys.MaxEpochAge,
		RevocationGrace: keys.RevocationGrace, StatusInterval: keys.StatusInterval,
		StartupTimeout: keys.StartupTimeout,
		OnRequest:      s.countRequest, OnState: s.keyState,
	})
	if err != nil {
		return s.keysRefusal(err)
	}
	defer func() {
		if err != nil {
			epochs.Close()
		}
	}()
	if err := s.reuseEpoch(ctx, epochs); err != nil {
		return err
	}
	if err := epochs.Ready(ctx); err != nil {
		return s.keysRefusal(err)
	}
	s.budget = &sealedlog.Budget{Max: int64(s.cfg.MaxSize), MinFree: uint64(s.cfg.MinFreeSpace)}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lock, s.stopProvider, s.epochs, s.started = lock, stop, epochs, true
	// A counter that appears with its first event hides that event from rate().
	for _, reason := range []string{reasonTorn, reasonCorrupt, reasonTamper, reasonWrongKey} {
		s.telemetry.EncryptedStorageFramesRejected.Add(ctx, 0, reasonAttribute(reason))
	}
	s.telemetry.EncryptedStorageStorageFull.Add(ctx, 0)
	s.health.start(host)
	return nil
}

// reuseEpoch unwraps the newest epoch key on disk, so that a collector that
// restarts often does not make a key each time.
func (s *store) reuseEpoch(ctx context.Context, epochs *envelope.Epochs) error {
	headers, err := spooldir.NewestHeaders(ctx, s.cfg.Directory)
	if err != nil {
		return s.directoryRefusal(err)
	}
	slices.SortFunc(headers, func(a, b *sealedlog.Header) int { return b.Created.Compare(a.Created) })
	for _, h := range headers[:min(len(headers), maxReuse)] {
		// A key that does not open fails the client that needs it, by name. But an
		// outage has used up startup_timeout.
		epoch, err := epochs.Unwrap(ctx, h.Wrapped)
		if envelope.Retryable(err) {
			return s.keysRefusal(err)
		}
		// A time that is not authenticated could keep an old key in use.
		if err == nil && h.Authenticate(epoch, s.cfg.Keys.context().Hash()) == nil {
			epochs.Reuse(h.Wrapped, h.Created)
			return nil
		}
	}
	return nil
}

// maxReuse bounds the headers that are tried for an epoch to go on with: whoever
// can write to the directory can make many.
const maxReuse = 8

// Shutdown closes clients that their components left open, then the keys.
func (s *store) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	var open []*client
	for _, c := range s.clients {
		if c != nil {
			open = append(open, c)
		}
	}
	started := s.started
	s.started = false
	s.mu.Unlock()
	var errs []error
	for _, c := range open {
		errs = append(errs, c.Close(ctx))
	}
	s.health.stop()
	if started {
		s.epochs.Close()
		errs = append(errs, s.stopProvider(), s.lock.Close())
	}
	s.telemetry.Shutdown()
	return errors.Join(errs...)
}

// GetClient opens the log of one component. Damage, a missing key and a newer
// version fail here, which fails start-up: the queue would take an error from
// its first read for an empty store and leave the old backlog behind.
func (s *store) GetClient(ctx context.Context, kind component.Kind, id component.ID, name string) (storage.Client, error) {
	clientName := fmt.Sprintf("%s %s %s", kind, id, name)
	s.mu.Lock()
	if !s.started {
		s.mu.Unlock()
		return nil, fmt.Errorf("%s: not running; list it under service::extensions", s.component)
	}
	if _, open := s.clients[clientName]; open {
		s.mu.Unlock()
		return nil, fmt.Errorf("%s: the storage of %s is open already; two components must not share one client", s.component, clientName)
	}
	s.clients[clientName] = nil
	s.mu.Unlock()

	c, err := s.open(ctx, clientName)
	s.mu.Lock()
	if err == nil && !s.started {
		// Shut down meanwhile: the directory is no longer ours.
		s.mu.Unlock()
		return nil, errors.Join(fmt.Errorf("%s: it was shut down while the storage of %s was opened", s.component, clientName), c.Close(ctx))
	}
	defer s.mu.Unlock()
	if err != nil {
		if errors.Is(err, sealedlog.ErrWrongKey) || errors.Is(err, envelope.ErrUnknownKey) || errors.Is(err, envelope.ErrBadCiphertext) {
			s.telemetry.EncryptedStorageFramesRejected.Add(ctx, 1, reasonAttribute(reasonWrongKey))
		}
		delete(s.clients, clientName)
		s.forget(clientName)
		return nil, s.clientRefusal(clientName, err)
	}
	s.clients[clientName] = c
	return c, nil
}

func (s *store) open(ctx context.Context, name string) (*client, error) {
	path := filepath.Join(s.cfg.Directory, spooldir.ClientDirectory(s.id, name))
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	// The new folder's name must be durable before anything in it is.
	parent, err := sealedlog.OpenDir(s.cfg.Directory)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(parent.SyncDir(), parent.Close()); err != nil {
		return nil, err
	}
	dir, err := sealedlog.OpenDir(path)
	if err != nil {
		return nil, err
	}
	// Validated with the configuration.
	syncMode, _ := s.cfg.Fsync.engine()
	corruption, _ := s.cfg.OnCorruption.engine()
	log, err := sealedlog.Open(ctx, sealedlog.Options{
		FS: dir, Keys: s.epochs, Store: s.id, Client: name, ContextHash: s.cfg.Keys.context().Hash(),
		SegmentSize: int64(s.cfg.SegmentSize), Sync: syncMode, FlushInterval: s.cfg.FlushInterval,
		OnCorruption: corruption, CacheSize: int64(s.cfg.CacheSize), Budget: s.budget, Hooks: s.hooks(name),
	})
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	s.opened(name, log.Stats())
	return newClient(log, dir, func() { s.release(name, log.Stats().Synced) }), nil
}

func (s *store) release(name string, durable uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.durable[name] = max(s.durable[name], durable)
	delete(s.clients, name)
	s.forget(name)
}

// forget drops what was wrong with a client that is closed.
func (s *store) forget(client string) {
	s.health.clear(stuckCause(client))
	s.health.clear(damageCause(client))
}
