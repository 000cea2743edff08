package encryptedstorage

import (
	"fmt"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
)

// FsyncMode says when a batch is durable.
type FsyncMode string

// Values of fsync. In each of them a crash leaves the state after some earlier
// call.
const (
	FsyncOnInsert FsyncMode = "on_insert"
	FsyncAlways   FsyncMode = "always"
	FsyncInterval FsyncMode = "interval"
	FsyncNever    FsyncMode = "never"
)

// UnmarshalText refuses other values.
func (m *FsyncMode) UnmarshalText(text []byte) error {
	v := FsyncMode(text)
	if _, err := v.engine(); err != nil {
		return err
	}
	*m = v
	return nil
}

func (m FsyncMode) engine() (sealedlog.SyncMode, error) {
	switch m {
	case FsyncOnInsert:
		return sealedlog.SyncOnInsert, nil
	case FsyncAlways:
		return sealedlog.SyncAlways, nil
	case FsyncInterval:
		return sealedlog.SyncInterval, nil
	case FsyncNever:
		return sealedlog.SyncNever, nil
	}
	return 0, fmt.Errorf("%q: use on_insert, always, interval or never", string(m))
}

// CorruptionMode says what happens to damaged frames.
type CorruptionMode string

// Values of on_corruption. A damaged header, a wrong key and a newer format
// always fail start-up.
const (
	CorruptionQuarantine CorruptionMode = "quarantine"
	CorruptionFail       CorruptionMode = "fail"
)

// UnmarshalText refuses other values.
func (m *CorruptionMode) UnmarshalText(text []byte) error {
	v := CorruptionMode(text)
	if _, err := v.engine(); err != nil {
		return err
	}
	*m = v
	return nil
}

func (m CorruptionMode) engine() (sealedlog.Corruption, error) {
	switch m {
	case CorruptionQuarantine:
		return sealedlog.Quarantine, nil
	case CorruptionFail:
		return sealedlog.Fail, nil
	}
	return 0, fmt.Errorf("%q: use quarantine or fail", string(m))
}
