package ssekmsexporter

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
)

const (
	signalTraces  = "traces"
	signalMetrics = "metrics"
	signalLogs    = "logs"

	// groupRecords and groupResources bound what is marshalled at once. Larger
	// groups cost memory beside the compressed object, smaller ones time.
	groupRecords   = 4096
	groupResources = 16
)

// batch is a range of the resources in one pdata value. The pdata belongs to
// the exporter (it declares MutatesData): marshalling moves resources out and
// back, which saves a copy of everything.
type batch interface {
	signal() string
	// resources is the number of resources in the range.
	resources() int
	// resourceRecords counts the records of the i-th resource in the range.
	resourceRecords(i int) int
	// earliest is the smallest time that is set in the resources [lo, hi) of the
	// range, or 0.
	earliest(lo, hi int) pcommon.Timestamp
	// marshal renders the resources [lo, hi) of the range as one message, which
	// is valid until the next call with the same scratch.
	marshal(m marshaler, s *scratch, lo, hi int) ([]byte, error)
	// halve splits the range, or reports that it holds a single record. The
	// original stays whole: a retry starts from it again.
	halve() (batch, batch, bool)
}

func records(b batch) int {
	n := 0
	for i := range b.resources() {
		n += b.resourceRecords(i)
	}
	return n
}

// groups yields the ranges of resources that are marshalled together: at least
// one resource, and no more once groupRecords or groupResources is reached.
func groups(b batch, yield func(lo, hi int) error) error {
	lo, n := 0, 0
	for i := range b.resources() {
		n += b.resourceRecords(i)
		if n >= groupRecords || i+1-lo == groupResources {
			if err := yield(lo, i+1); err != nil {
				return err
			}
			lo, n = i+1, 0
		}
	}
	if lo == b.resources() {
		return nil
	}
	return yield(lo, b.resources())
}

// oneGroup reports whether groups yields one range at most.
func oneGroup(b batch) bool {
	n := 0
	for i := range b.resources() {
		n += b.resourceRecords(i)
		if n >= groupRecords || i+1 == groupResources {
			return i+1 == b.resources()
		}
	}
	return true
}
