package ssekmsexporter

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"

	"go.opentelemetry.io/collector/component"
)

const (
	formatProto    = "otlp_proto"
	formatJSON     = "otlp_json"
	formatEncoding = "encoding"
)

// FormatConfig is otlp_proto, otlp_json, or an encoding extension:
//
//	format: otlp_proto
//	format: {encoding: my_encoding, file_extension: txt}
type FormatConfig struct {
	// Name is otlp_proto or otlp_json; empty with an encoding.
	Name string `mapstructure:"-"`
	// Encoding is the id of an encoding extension.
	Encoding *component.ID `mapstructure:"encoding"`
	// FileExtension ends the object name of an encoding; letters and digits.
	FileExtension string `mapstructure:"file_extension"`
}

var fileExtension = regexp.MustCompile(`^[a-z0-9]{0,16}$`)

// UnmarshalText reads the scalar form.
func (f *FormatConfig) UnmarshalText(text []byte) error {
	*f = FormatConfig{Name: string(text)}
	return f.check()
}

func (f FormatConfig) check() error {
	if f.Encoding != nil {
		if !fileExtension.MatchString(f.FileExtension) {
			return errors.New("file_extension: only a-z and 0-9, at most 16")
		}
		return nil
	}
	if f.Name != formatProto && f.Name != formatJSON {
		return fmt.Errorf("%q is unknown; use otlp_proto, otlp_json or {encoding: <extension id>}", f.Name)
	}
	return nil
}

// suffix is the end of the object name before that of the compression.
func (f FormatConfig) suffix() string {
	switch {
	case f.Encoding != nil && f.FileExtension == "":
		return ""
	case f.Encoding != nil:
		return "." + f.FileExtension
	case f.Name == formatJSON:
		return ".json"
	default:
		return ".binpb"
	}
}

// framing turns marshalled pieces into one document.
//
// Protobuf needs none: a message concatenated with another of its type is their
// merge, with repeated fields appended (protobuf encoding guide, "Last One
// Wins"). JSON pieces lose their common head and tail and get commas.
type framing struct {
	head, tail []byte
}

var errJSONShape = errors.New("marshalled JSON has not the expected shape")

// begin, between and end are written before, between and after the pieces.
func (f framing) begin() []byte { return f.head }
func (f framing) end() []byte   { return f.tail }
func (f framing) between() []byte {
	if f.head == nil {
		return nil
	}
	return []byte{','}
}

// inner strips head and tail off one piece.
func (f framing) inner(piece []byte) ([]byte, error) {
	if f.head == nil {
		return piece, nil
	}
	rest, ok := bytes.CutPrefix(piece, f.head)
	if !ok {
		return nil, errJSONShape
	}
	rest, ok = bytes.CutSuffix(rest, f.tail)
	if !ok {
		return nil, errJSONShape
	}
	return rest, nil
}
