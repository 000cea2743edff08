package ssekmsexporter

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ByteSize is a number of bytes, written as an integer or with a binary unit
// (KiB, MiB, GiB).
type ByteSize int64

var errByteSize = errors.New("is not a size; write bytes as an integer or with KiB, MiB or GiB (128MiB)")

// UnmarshalText reads "128MiB", "64KiB", "1GiB" or a plain number of bytes.
func (b *ByteSize) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	shift := 0
	for suffix, bits := range map[string]int{"KiB": 10, "MiB": 20, "GiB": 30} {
		if rest, ok := strings.CutSuffix(s, suffix); ok {
			s, shift = strings.TrimSpace(rest), bits
			break
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64>>shift {
		return fmt.Errorf("%q %w", string(text), errByteSize)
	}
	*b = ByteSize(n << shift)
	return nil
}
