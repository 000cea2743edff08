package encryptedstorage

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ByteSize is a number of bytes, written with its unit: 64MiB.
type ByteSize int64

var errByteSize = errors.New("write a size with one of the units B, KiB, MiB, GiB, TiB, such as 64MiB")

var byteUnits = []struct {
	name  string
	shift int
}{{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}, {"B", 0}}

// UnmarshalText reads "64MiB". A text without a unit is refused: nobody knows
// what is meant.
func (b *ByteSize) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	for _, u := range byteUnits {
		digits, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 0 || n > math.MaxInt64>>u.shift {
			break
		}
		*b = ByteSize(n << u.shift)
		return nil
	}
	return fmt.Errorf("%q: %w", s, errByteSize)
}

// MarshalText writes the largest unit that needs no fraction.
func (b ByteSize) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

func (b ByteSize) String() string {
	for _, u := range []int{3, 2, 1, 0} {
		if unit := byteUnits[u]; b != 0 && int64(b)%(1<<unit.shift) == 0 {
			return strconv.FormatInt(int64(b)>>unit.shift, 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(b), 10) + "B"
}
