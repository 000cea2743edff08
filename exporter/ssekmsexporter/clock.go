package ssekmsexporter

import (
	"net/http"
	"sync/atomic"
	"time"
)

const (
	// skewThreshold is how far the store's clock must be from ours before a
	// signature follows it; S3 refuses signatures that are 15 minutes off. Both
	// are those of the AWS SDKs ("clock skew correction").
	skewThreshold = 4 * time.Minute
	// maxTrustedTrip is the longest exchange that says anything about a clock.
	maxTrustedTrip = 15 * time.Minute
)

// clockSkew is how far ahead of ours the store's clock is, from the Date of its
// last answer. A collector whose clock is wrong can go on writing: the store
// refuses one signature and the next one is made by its clock.
type clockSkew struct{ nanoseconds atomic.Int64 }

// offset is what to add to the time of a signature.
func (c *clockSkew) offset() time.Duration { return time.Duration(c.nanoseconds.Load()) }

// learn takes the Date of an answer. What came from a cache says nothing.
func (c *clockSkew) learn(header http.Header, start, end time.Time) {
	date, err := http.ParseTime(header.Get("Date"))
	trip := end.Sub(start)
	if err != nil || trip > maxTrustedTrip || header.Get("Age") != "" {
		return
	}
	skew := date.Sub(start.Add(trip / 2))
	if skew.Abs() < skewThreshold {
		skew = 0
	}
	c.nanoseconds.Store(int64(skew))
}
