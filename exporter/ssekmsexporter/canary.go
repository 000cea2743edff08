package ssekmsexporter

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"
)

const (
	checkNameCanary = "canary"
	canarySignal    = "_canary"
	canaryFolder    = "_canary"
)

// canaryDocument is the whole content of a canary. No telemetry, no host name.
type canaryDocument struct {
	Purpose string    `json:"purpose"`
	Time    time.Time `json:"time"`
	// Nonce makes each canary an object of its own: If-None-Match would refuse
	// a second one of the same name, and prove nothing.
	Nonce string `json:"nonce"`
}

// canary stores one object without telemetry through the same function as
// telemetry. A nil error means that the store confirmed the configured
// encryption.
func (e *engine) canary(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, checkTimeout)
	defer stop()
	o, err := e.canaryObject()
	if err != nil {
		return err
	}
	defer o.body.release()
	key := o.name.key("")
	if err := e.putVerified(ctx, o, key); err != nil {
		return err
	}
	e.posture.setCanary(key)
	return nil
}

func (e *engine) canaryObject() (*object, error) {
	now := e.now().UTC()
	doc, err := json.Marshal(canaryDocument{
		Purpose: "proof that writes are stored under the configured KMS key; holds no telemetry",
		Time:    now,
		Nonce:   rand.Text(),
	})
	if err != nil {
		return nil, fmt.Errorf("build a canary: %w", err)
	}
	out := newBody(segmentBytes)
	if _, err := out.Write(doc); err != nil {
		return nil, fmt.Errorf("build a canary: %w", err)
	}
	return &object{
		canary: true,
		body:   out,
		name: objectName{
			prefix:    e.cfg.Prefix,
			partition: canaryFolder + "/" + now.Format("2006-01-02"),
			signal:    canarySignal,
			suffix:    ".json",
			digest:    out.digest(),
		},
	}, nil
}

// takesOthers asks with a canary whether the store takes anything at all, after it
// has denied one object: whoever sends what the policy denies, a tenant's name for
// instance, must not hold everybody's telemetry. One asks at a time.
func (e *engine) takesOthers(ctx context.Context) bool {
	select {
	case e.asking <- struct{}{}:
		defer func() { <-e.asking }()
	case <-ctx.Done():
		return false
	}
	if open, _, _ := e.breaker.state(); open {
		return false
	}
	return e.canary(ctx) == nil
}

// checkCanary is the canary as a posture check.
func (e *engine) checkCanary(ctx context.Context) finding {
	err := e.canary(ctx)
	switch {
	case err == nil:
		return ok(checkNameCanary)
	case definite(err):
		return failed(checkNameCanary, err)
	default:
		return inconclusive(checkNameCanary, err)
	}
}
