package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/spooldir"
	"github.com/sealed-otel/otelcol-sealed/internal/cli/exit"
)

// rewrapped is the result for one client.
type rewrapped struct {
	Folder  string `json:"folder"`
	Client  string `json:"client"`
	Records int    `json:"records"`
	Moved   uint64 `json:"moved_bytes"`
	// Kept are the quarantined files that still need another key.
	Kept []keptFile `json:"quarantined_under_other_keys"`
}

// keptFile is a damaged file that was put aside: its frames are not moved, for
// they can't all be read.
type keptFile struct {
	File     string `json:"file"`
	Provider string `json:"provider,omitempty"`
	KeyID    string `json:"key_id,omitempty"`
}

func newRewrap() *cobra.Command {
	var out format
	var keys keyFlags
	c := &cobra.Command{
		Use:   "rewrap DIR",
		Short: "Seal everything under another key anew",
		Long: `Seal everything in a spool directory that is under another key than the first
one named under that key, so that the other keys are no longer needed.

The collector must not run. All keys must be named: the first line of the key
file (or --aws-key-arn) is the new one. Records are sealed again under a new
epoch key, a segment at a time; a run that was cut short is taken up again.

Quarantined files stay as they are. Those that still need another key are named,
and the exit code is 1.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			results, err := rewrap(c.Context(), args[0], &keys)
			if err != nil {
				return unreadable(err)
			}
			kept := 0
			err = out.write(c.OutOrStdout(), results, func(w io.Writer) {
				for _, r := range results {
					if r.Client == "" {
						fmt.Fprintf(w, "%s: quarantined files only\n", r.Folder)
					} else {
						fmt.Fprintf(w, "%q: %d records, %s moved\n", r.Client, r.Records, bytesText(int64(r.Moved)))
					}
					for _, k := range r.Kept {
						fmt.Fprintf(w, "  %s is still under %s: keep that key, or delete the file once its loss is settled\n", k.File, keyText(k.Provider, k.KeyID))
					}
				}
			})
			for _, r := range results {
				kept += len(r.Kept)
			}
			if err == nil && kept > 0 {
				return exit.WithCode(exit.Findings, nil)
			}
			return err
		},
	}
	out.register(c)
	keys.register(c)
	return c
}

func rewrap(ctx context.Context, dir string, keys *keyFlags) ([]rewrapped, error) {
	// Files that root leaves in another user's directory would stop the collector.
	if err := spooldir.Check(dir, false); err != nil {
		return nil, err
	}
	provider, ec, stop, err := keys.provider(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer stop()
	lock, err := spooldir.Lock(dir)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	store, err := spooldir.ReadIdentity(dir)
	if err != nil {
		return nil, err
	}
	// Before the first folder is rewritten, not half way.
	if err := spooldir.CheckOwner(ctx, dir, store); err != nil {
		return nil, err
	}
	names, err := spooldir.Clients(dir)
	if err != nil {
		return nil, err
	}
	epochs, err := envelope.NewEpochs(envelope.EpochSettings{
		Provider: provider, Context: ec,
		RotationInterval: 24 * time.Hour, MaxEpochAge: 72 * time.Hour, RevocationGrace: time.Minute,
		StatusInterval: time.Hour, StartupTimeout: 30 * time.Second,
	})
	if err != nil {
		return nil, err
	}
	defer epochs.Close()
	if err := epochs.Ready(ctx); err != nil {
		return nil, err
	}
	results := []rewrapped{}
	for _, name := range names {
		r, err := rewrapClient(ctx, filepath.Join(dir, name), store, provider, epochs, ec)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if r.Client == "" && len(r.Kept) == 0 {
			continue // an empty folder
		}
		r.Folder = name
		results = append(results, r)
	}
	return results, nil
}

func rewrapClient(ctx context.Context, path string, store [16]byte, provider envelope.Provider, epochs *envelope.Epochs, ec envelope.Context) (r rewrapped, err error) {
	d, err := sealedlog.OpenDir(path)
	if err != nil {
		return r, err
	}
	defer d.Close()
	// Verify first: it tells the client's name, and a damaged store is not
	// rewritten.
	report, err := sealedlog.Verify(ctx, sealedlog.VerifyOptions{
		FS: d, Store: store, ContextHash: ec.Hash(),
		Unwrap: func(ctx context.Context, w envelope.Wrapped) (*envelope.EpochKey, error) {
			return provider.Unwrap(ctx, w, ec)
		},
	})
	if err != nil {
		return r, err
	}
	if report.Client == "" { // no log, but perhaps what was put aside of one
		r.Kept, err = keptFiles(ctx, d, epochs)
		return r, err
	}
	if len(report.Damages) > 0 {
		return r, fmt.Errorf("%w; run `sealctl spool verify` for the list and repair it first", &report.Damages[0])
	}
	log, err := sealedlog.Open(ctx, sealedlog.Options{
		FS: d, Keys: epochs, Store: store, Client: report.Client, ContextHash: ec.Hash(), OnCorruption: sealedlog.Fail,
	})
	if err != nil {
		return r, err
	}
	err = errors.Join(log.Reseal(ctx), log.Close())
	stats := log.Stats()
	r = rewrapped{Client: envelope.Printable(report.Client, 200), Records: stats.Entries, Moved: stats.MovedBytes}
	if err != nil {
		return r, err
	}
	r.Kept, err = keptFiles(ctx, d, epochs)
	return r, err
}

// keptFiles are the quarantined files in d under other keys than the current one.
func keptFiles(ctx context.Context, d *sealedlog.Dir, epochs *envelope.Epochs) ([]keptFile, error) {
	current, err := epochs.Current()
	if err != nil {
		return nil, err
	}
	listing, err := sealedlog.Inspect(ctx, d, false)
	if err != nil {
		return nil, err
	}
	kept := []keptFile{}
	for _, q := range listing.Quarantined {
		k := keptFile{File: envelope.Printable(q.Name, 255)} // whoever put it there chose its name
		if q.Header != nil {
			w := q.Header.Wrapped
			if w.KeyID == current.Wrapped.KeyID && w.Provider == current.Wrapped.Provider {
				continue
			}
			k.Provider, k.KeyID = envelope.Printable(w.Provider, 32), envelope.Printable(w.KeyID, 256)
		}
		kept = append(kept, k)
	}
	return kept, nil
}

func keyText(provider, id string) string {
	if id == "" {
		return "a key that its header no longer tells"
	}
	return fmt.Sprintf("%s %q", provider, id)
}
