package spool

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/spooldir"
)

// verdict is the result for one client.
type verdict struct {
	Folder    string   `json:"folder"`
	Client    string   `json:"client,omitempty"` // known with keys only
	Segments  int      `json:"segments"`
	Frames    int      `json:"frames"`
	Records   int      `json:"records,omitempty"` // known with keys only
	LastSeq   uint64   `json:"last_seq,omitempty"`
	LostBytes int64    `json:"unsynced_tail_bytes,omitempty"`
	Problems  []string `json:"problems"`
}

func newVerify() *cobra.Command {
	var out format
	var keys keyFlags
	c := &cobra.Command{
		Use:   "verify DIR",
		Short: "Test every frame of a spool directory; with keys also authenticate it",
		Long: `Test every frame of a spool directory that no collector uses.

Without keys the checksums are tested: that finds accidents. With keys every
frame is authenticated, as the collector's start does: that finds forgeries,
exchanged and missing files, and keys that do not fit. Nothing is changed.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir := args[0]
			// Without the lock, frames that are being written look torn.
			release, err := spooldir.LockToRead(dir)
			if err != nil {
				return unreadable(err)
			}
			defer release()
			verdicts, err := verify(c.Context(), dir, &keys)
			if err != nil {
				return unreadable(err)
			}
			bad := false
			for _, v := range verdicts {
				bad = bad || len(v.Problems) > 0
			}
			if err := out.write(c.OutOrStdout(), verdicts, func(w io.Writer) { printVerdicts(w, verdicts, keys.given()) }); err != nil {
				return err
			}
			if bad {
				return findings()
			}
			return nil
		},
	}
	out.register(c)
	keys.register(c)
	return c
}

func printVerdicts(w io.Writer, verdicts []verdict, withKeys bool) {
	for _, v := range verdicts {
		name := v.Folder[:16]
		if v.Client != "" {
			name = fmt.Sprintf("%q", v.Client)
		}
		state := "ok"
		if len(v.Problems) > 0 {
			state = "DAMAGED"
		}
		fmt.Fprintf(w, "%s: %s, %d segments, %d frames", name, state, v.Segments, v.Frames)
		if withKeys {
			fmt.Fprintf(w, ", %d records, last_seq %d", v.Records, v.LastSeq)
		}
		fmt.Fprintln(w)
		for _, p := range v.Problems {
			fmt.Fprintf(w, "  %s\n", p)
		}
	}
	if !withKeys {
		fmt.Fprintln(w, "checksums only: name the keys to authenticate")
	}
}

func verify(ctx context.Context, dir string, keys *keyFlags) ([]verdict, error) {
	if !keys.given() {
		return verifyChecksums(ctx, dir)
	}
	provider, ec, stop, err := keys.provider(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer stop()
	store, err := spooldir.ReadIdentity(dir)
	if err != nil {
		return nil, err
	}
	names, err := spooldir.Clients(dir)
	if err != nil {
		return nil, err
	}
	verdicts := []verdict{}
	for _, name := range names {
		v, err := verifyClient(ctx, filepath.Join(dir, name), name, store, provider, ec)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		verdicts = append(verdicts, v)
	}
	return verdicts, nil
}

func verifyClient(ctx context.Context, path, name string, store [16]byte, provider envelope.Provider, ec envelope.Context) (verdict, error) {
	d, err := sealedlog.OpenDir(path)
	if err != nil {
		return verdict{}, err
	}
	defer d.Close()
	r, err := sealedlog.Verify(ctx, sealedlog.VerifyOptions{
		FS: d, Store: store, ContextHash: ec.Hash(),
		Unwrap: func(ctx context.Context, w envelope.Wrapped) (*envelope.EpochKey, error) {
			return provider.Unwrap(ctx, w, ec)
		},
	})
	v := verdict{Folder: name, Problems: []string{}}
	if err != nil {
		v.Problems = append(v.Problems, err.Error())
		return v, nil
	}
	v.Client = envelope.Printable(r.Client, 200)
	v.Segments, v.Frames, v.Records, v.LastSeq, v.LostBytes = r.Segments, r.Frames, r.Records, r.LastSeq, r.LostBytes
	if r.Client != "" && spooldir.ClientDirectory(store, r.Client) != name {
		v.Problems = append(v.Problems, "the folder has the name of another client: it was moved")
	}
	for _, d := range r.Damages {
		v.Problems = append(v.Problems, d.Error())
	}
	return v, nil
}

func verifyChecksums(ctx context.Context, dir string) ([]verdict, error) {
	views, listings, err := inspect(ctx, dir, true)
	if err != nil {
		return nil, err
	}
	verdicts := []verdict{}
	for i, l := range listings {
		v := verdict{Folder: views[i].Folder, Segments: len(l.Segments), Problems: []string{}}
		for j, s := range l.Segments {
			v.Frames += s.Frames
			if foreign := views[i].Segments[j].Foreign; foreign != "" {
				v.Problems = append(v.Problems, fmt.Sprintf("segment %s: it names store %s, not the one that the file STORE names; restore that file, or move the folder away", s.Name, foreign))
			}
			if s.Err != nil {
				v.Problems = append(v.Problems, s.Err.Error())
			}
		}
		verdicts = append(verdicts, v)
	}
	return verdicts, nil
}
