package spool

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/spooldir"
)

// clientView is a client's folder, read without keys.
type clientView struct {
	Folder      string        `json:"folder"`
	Segments    []segmentView `json:"segments"`
	Spares      int           `json:"spares"`
	Quarantined int           `json:"quarantined"`
	Bytes       int64         `json:"bytes"`
}

type segmentView struct {
	File     string    `json:"file"`
	Bytes    int64     `json:"bytes"`
	Provider string    `json:"provider,omitempty"`
	KeyID    string    `json:"key_id,omitempty"`
	Epoch    time.Time `json:"epoch_created,omitzero"`
	Foreign  string    `json:"another_store,omitempty"` // that it names, in place of the directory's
	Error    string    `json:"error,omitempty"`
}

// inspect reads all clients of a store without keys. It takes no lock: what it
// shows of a store in use is a moment that has passed.
func inspect(ctx context.Context, dir string, frames bool) ([]clientView, []*sealedlog.Listing, error) {
	names, err := spooldir.Clients(dir)
	if err != nil {
		return nil, nil, err
	}
	// One that lost its STORE, or has a damaged one, is looked into all the same.
	store, idErr := spooldir.ReadIdentity(dir)
	if len(names) == 0 {
		// A path that is wrong by one folder must not read as a spool in order.
		if errors.Is(idErr, fs.ErrNotExist) {
			return nil, nil, fmt.Errorf("%s is no spool: it holds neither the file STORE nor a client's folder; name encrypted_storage::directory", dir)
		}
	}
	views := []clientView{}
	var listings []*sealedlog.Listing
	for _, name := range names {
		d, err := sealedlog.OpenDir(filepath.Join(dir, name))
		if err != nil {
			return nil, nil, err
		}
		l, err := sealedlog.Inspect(ctx, d, frames)
		_ = d.Close()
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		v := clientView{Folder: name, Spares: l.Spares, Quarantined: len(l.Quarantined), Bytes: l.Bytes, Segments: []segmentView{}}
		for _, s := range l.Segments {
			sv := segmentView{File: s.Name, Bytes: s.Size}
			if s.Header != nil {
				// Not authenticated: whoever wrote the file chose these texts.
				sv.Provider = envelope.Printable(s.Header.Wrapped.Provider, 32)
				sv.KeyID = envelope.Printable(s.Header.Wrapped.KeyID, 256)
				sv.Epoch = s.Header.Created.UTC()
				if idErr == nil && s.Header.Store != store {
					sv.Foreign = hex.EncodeToString(s.Header.Store[:])
				}
			}
			if s.Err != nil {
				sv.Error = s.Err.Error()
			}
			v.Segments = append(v.Segments, sv)
		}
		views = append(views, v)
		listings = append(listings, l)
	}
	return views, listings, nil
}

func newLs() *cobra.Command {
	var out format
	c := &cobra.Command{
		Use:   "ls DIR",
		Short: "List the clients and segments of a spool directory, without keys",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			views, _, err := inspect(c.Context(), args[0], false)
			if err != nil {
				return unreadable(err)
			}
			return out.write(c.OutOrStdout(), views, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
				defer t.Flush()
				for _, v := range views {
					fmt.Fprintf(t, "client %s\t%s\t%d spare, %d quarantined\n", v.Folder[:16], bytesText(v.Bytes), v.Spares, v.Quarantined)
					for _, s := range v.Segments {
						if s.Error != "" {
							fmt.Fprintf(t, "  %s\t%s\t%s\n", s.File, bytesText(s.Bytes), s.Error)
							continue
						}
						foreign := ""
						if s.Foreign != "" {
							foreign = ", of another store: " + s.Foreign
						}
						fmt.Fprintf(t, "  %s\t%s\t%s key %s, epoch of %s%s\n", s.File, bytesText(s.Bytes), s.Provider, s.KeyID, s.Epoch.Format(time.RFC3339), foreign)
					}
				}
			})
		},
	}
	out.register(c)
	return c
}
