package ssekmsexporter

import (
	"errors"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// What a persistent queue holds is a protobuf message with the telemetry as one
// field (collector, pdata/internal/request.proto): version 1, context 2,
// telemetry 3.
const storedTelemetry protowire.Number = 3

var errStored = errors.New("not a message")

// splitStored takes the telemetry out of a stored request. rest is the request
// without it, in memory of its own. It reports false for what is not in the form
// that exporterhelper writes.
func splitStored(doc []byte) (telemetry, rest []byte, ok bool) {
	found := false
	for left := doc; len(left) > 0; {
		number, kind, n := protowire.ConsumeTag(left)
		if n < 0 {
			return nil, nil, false
		}
		m := protowire.ConsumeFieldValue(number, kind, left[n:])
		if m < 0 {
			return nil, nil, false
		}
		if number == storedTelemetry {
			if found || kind != protowire.BytesType {
				return nil, nil, false
			}
			found = true
			telemetry, _ = protowire.ConsumeBytes(left[n:])
		} else {
			rest = append(rest, left[:n+m]...)
		}
		left = left[n+m:]
	}
	return telemetry, rest, found
}

// Paths of fields from a message of OTLP to its records (opentelemetry-proto,
// trace/v1, logs/v1 and metrics/v1). A metric's points lie in one of five kinds
// of data.
var (
	pathOfSpans  = [][]protowire.Number{{1}, {2}, {2}}
	pathOfLogs   = [][]protowire.Number{{1}, {2}, {2}}
	pathOfPoints = [][]protowire.Number{{1}, {2}, {2}, {5, 7, 9, 10, 11}, {1}}
)

// countRecords counts the messages at the end of a path without decoding them.
func countRecords(doc []byte, path [][]protowire.Number) (int, error) {
	count := 0
	for len(doc) > 0 {
		number, kind, n := protowire.ConsumeTag(doc)
		if n < 0 {
			return 0, errStored
		}
		m := protowire.ConsumeFieldValue(number, kind, doc[n:])
		if m < 0 {
			return 0, errStored
		}
		if kind == protowire.BytesType && slices.Contains(path[0], number) {
			if len(path) == 1 {
				count++
			} else {
				inner, _ := protowire.ConsumeBytes(doc[n:])
				more, err := countRecords(inner, path[1:])
				if err != nil {
					return 0, err
				}
				count += more
			}
		}
		doc = doc[n+m:]
	}
	return count, nil
}
