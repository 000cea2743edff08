package spool

import (
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/spooldir"
)

// totals is what can be said of a store without keys.
type totals struct {
	Store       string         `json:"store"`
	Clients     int            `json:"clients"`
	Segments    int            `json:"segments"`
	Spares      int            `json:"spares"`
	Quarantined int            `json:"quarantined"`
	Unreadable  int            `json:"unreadable"`
	Foreign     int            `json:"of_another_store"`
	Bytes       int64          `json:"bytes"`
	Keys        map[string]int `json:"segments_by_key"`
	OldestEpoch time.Time      `json:"oldest_epoch,omitzero"`
}

func newStat() *cobra.Command {
	var out format
	c := &cobra.Command{
		Use:   "stat DIR",
		Short: "Sum up a spool directory, without keys",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			views, _, err := inspect(c.Context(), args[0], false)
			if err != nil {
				return unreadable(err)
			}
			t := totals{Store: "unknown", Clients: len(views), Keys: map[string]int{}}
			if id, err := spooldir.ReadIdentity(args[0]); err == nil {
				t.Store = hex.EncodeToString(id[:])
			}
			for _, v := range views {
				t.Spares += v.Spares
				t.Quarantined += v.Quarantined
				t.Bytes += v.Bytes
				for _, s := range v.Segments {
					t.Segments++
					if s.Foreign != "" {
						t.Foreign++
					}
					if s.Error != "" {
						t.Unreadable++
						continue
					}
					t.Keys[s.Provider+" "+s.KeyID]++
					if t.OldestEpoch.IsZero() || s.Epoch.Before(t.OldestEpoch) {
						t.OldestEpoch = s.Epoch
					}
				}
			}
			return out.write(c.OutOrStdout(), t, func(w io.Writer) {
				fmt.Fprintf(w, "store        %s\n", t.Store)
				fmt.Fprintf(w, "clients      %d\n", t.Clients)
				fmt.Fprintf(w, "segments     %d, %d spare, %d quarantined, %d unreadable\n", t.Segments, t.Spares, t.Quarantined, t.Unreadable)
				if t.Foreign > 0 {
					fmt.Fprintf(w, "foreign      %d segments name another store: the collector does not start on this directory\n", t.Foreign)
				}
				fmt.Fprintf(w, "size         %s\n", bytesText(t.Bytes))
				for _, key := range slices.Sorted(maps.Keys(t.Keys)) {
					fmt.Fprintf(w, "key          %s wraps %d segments\n", key, t.Keys[key])
				}
				if !t.OldestEpoch.IsZero() {
					fmt.Fprintf(w, "oldest epoch %s\n", t.OldestEpoch.Format(time.RFC3339))
				}
			})
		},
	}
	out.register(c)
	return c
}
