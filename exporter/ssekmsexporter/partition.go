package ssekmsexporter

import (
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

const (
	partitionSignal = "signal"
	partitionIngest = "ingest"
)

// PartitionConfig places an object by time, in UTC.
type PartitionConfig struct {
	// Format is a pattern of %Y %m %d %H %M %S inside fixed text.
	Format string `mapstructure:"format"`
	// Time is signal (the earliest time in the batch) or ingest (the time the
	// batch was first written).
	Time string `mapstructure:"time"`
}

// partition is a compiled PartitionConfig.
type partition struct {
	// layout is in the form of time.Time.Format; literal text never passes
	// through it.
	pieces []partitionPiece
	ingest bool
}

// partitionPiece is literal text, or a time layout when layout is set.
type partitionPiece struct {
	literal, layout string
}

var partitionVerbs = map[byte]string{'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05"}

func newPartition(cfg PartitionConfig) (*partition, error) {
	p := &partition{ingest: cfg.Time == partitionIngest}
	if cfg.Time != partitionSignal && cfg.Time != partitionIngest {
		return nil, fmt.Errorf("time: %q is unknown; use signal or ingest", cfg.Time)
	}
	var literal strings.Builder
	for i := 0; i < len(cfg.Format); i++ {
		if cfg.Format[i] != '%' {
			literal.WriteByte(cfg.Format[i])
			continue
		}
		i++
		if i == len(cfg.Format) {
			return nil, fmt.Errorf("format: ends in a lone %%")
		}
		layout, ok := partitionVerbs[cfg.Format[i]]
		if !ok {
			return nil, fmt.Errorf("format: %%%c is not supported; use %%Y %%m %%d %%H %%M %%S", cfg.Format[i])
		}
		p.pieces = append(p.pieces, partitionPiece{literal: literal.String()}, partitionPiece{layout: layout})
		literal.Reset()
	}
	p.pieces = append(p.pieces, partitionPiece{literal: literal.String()})
	// The digits a verb prints are harmless; the fixed text is what is checked.
	if err := checkKeyPart(p.at(time.Unix(0, 0))); err != nil {
		return nil, fmt.Errorf("format: %w", err)
	}
	return p, nil
}

// at renders the partition of an instant, always in UTC: a local zone would
// move objects twice a year and differ between collectors.
func (p *partition) at(t time.Time) string {
	t = t.UTC()
	text := make([]byte, 0, 64)
	for _, piece := range p.pieces {
		if piece.layout != "" {
			text = t.AppendFormat(text, piece.layout)
			continue
		}
		text = append(text, piece.literal...)
	}
	return string(text)
}

// earliestPlausible and futureSlack bound the time that telemetry can claim.
// One record with a forged time would otherwise file a whole batch under a year
// that no lifecycle rule or query looks at.
var earliestPlausible = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

var tooEarly = pcommon.NewTimestampFromTime(earliestPlausible)

const futureSlack = 24 * time.Hour

// plausible reports whether a claimed signal time may choose a partition.
func plausible(t, now time.Time) bool {
	return t.After(earliestPlausible) && t.Before(now.Add(futureSlack))
}
