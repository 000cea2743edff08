package ssekmsexporter

import (
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// marshaler renders one signal each. A nil field is a signal that the encoding
// does not know.
type marshaler struct {
	traces  ptrace.Marshaler
	metrics pmetric.Marshaler
	logs    plog.Marshaler
	// raw marshals protobuf into a reused buffer; nil for every other format.
	raw *rawProto
	// whole is set where pieces cannot be joined: the document of an encoding
	// extension has a shape that only the extension knows.
	whole bool
}

func newMarshaler(format FormatConfig, host component.Host) (marshaler, error) {
	if format.Encoding == nil {
		if format.Name == formatJSON {
			return marshaler{traces: &ptrace.JSONMarshaler{}, metrics: &pmetric.JSONMarshaler{}, logs: &plog.JSONMarshaler{}}, nil
		}
		raw, err := newRawProto()
		if err != nil {
			return marshaler{}, err
		}
		return marshaler{raw: raw, traces: &ptrace.ProtoMarshaler{}, metrics: &pmetric.ProtoMarshaler{}, logs: &plog.ProtoMarshaler{}}, nil
	}
	ext, ok := host.GetExtensions()[*format.Encoding]
	if !ok {
		return marshaler{}, fmt.Errorf("format::encoding: extension %q is not configured; add it to service::extensions", format.Encoding)
	}
	m := marshaler{whole: true}
	m.traces, _ = ext.(ptrace.Marshaler)
	m.metrics, _ = ext.(pmetric.Marshaler)
	m.logs, _ = ext.(plog.Marshaler)
	if m.traces == nil && m.metrics == nil && m.logs == nil {
		return marshaler{}, fmt.Errorf("format::encoding: extension %q marshals neither traces, metrics nor logs", format.Encoding)
	}
	return m, nil
}

func (m marshaler) close() error {
	if m.raw == nil {
		return nil
	}
	return m.raw.close()
}

// supports reports whether the encoding can render a signal.
func (m marshaler) supports(signal string) error {
	if (signal == signalTraces && m.traces == nil) || (signal == signalMetrics && m.metrics == nil) || (signal == signalLogs && m.logs == nil) {
		return fmt.Errorf("format::encoding: the extension does not marshal %s; take the exporter out of that pipeline, or another encoding", signal)
	}
	return nil
}

// framingOf returns how pieces of a signal are joined.
func (f FormatConfig) framingOf(signal string) framing {
	if f.Encoding != nil || f.Name != formatJSON {
		return framing{}
	}
	field := map[string]string{signalTraces: "resourceSpans", signalMetrics: "resourceMetrics", signalLogs: "resourceLogs"}[signal]
	return framing{head: []byte(`{"` + field + `":[`), tail: []byte(`]}`)}
}
