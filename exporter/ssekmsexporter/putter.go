package ssekmsexporter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// errCredentials ends a PUT that could not be signed: nothing left the process.
var errCredentials = errors.New("get credentials")

// putter sends PUTs: one request for each call, no retry and no redirect.
type putter struct {
	// transport is used without an http.Client: a redirect is an answer, and is
	// never followed to another host.
	transport http.RoundTripper
	guard     encryptionGuard
	identity  aws.CredentialsProvider
	// draw has the SDK draw the request. It is asked until it succeeds once.
	draw  func(context.Context) (*putDraft, error)
	drawn atomic.Pointer[putDraft]
	// clock corrects the signing time unless ownClock is set, which is the SDK's
	// setting AWS_DISABLE_CLOCK_SKEW_CORRECTION.
	clock    clockSkew
	ownClock bool
}

// now is the time by the store's clock, as far as it is known.
func (p *putter) now() time.Time {
	if p.ownClock {
		return time.Now()
	}
	return time.Now().Add(p.clock.offset())
}

func (p *putter) draft(ctx context.Context) (*putDraft, error) {
	if drawn := p.drawn.Load(); drawn != nil {
		return drawn, nil
	}
	drawn, err := p.draw(ctx)
	if err != nil {
		return nil, err
	}
	p.drawn.Store(drawn)
	return drawn, nil
}

// send makes one PUT. It returns what the store says about an object that it
// took, and otherwise an error as the SDK's client returns it: with the status
// (awshttp.ResponseError) and the store's code (smithy.APIError).
func (p *putter) send(ctx context.Context, own draftedPut) (putAnswer, error) {
	draft, err := p.draft(ctx)
	if err != nil {
		return putAnswer{}, err
	}
	if p.identity == nil {
		return putAnswer{}, fmt.Errorf("%w: there are no credentials to sign it with", errGuard)
	}
	identity, err := p.identity.Retrieve(ctx)
	if err != nil {
		return putAnswer{}, fmt.Errorf("%w: %w", errCredentials, err)
	}
	at := own.at
	if at.IsZero() {
		at = p.now()
	}
	request, err := draft.request(ctx, own, identity, at)
	if err != nil {
		return putAnswer{}, err
	}
	// Nothing stands between this line and the transport.
	if err := p.guard.check(request.URL, request.Header); err != nil {
		return putAnswer{}, err
	}
	start := time.Now()
	response, err := p.transport.RoundTrip(request)
	if err != nil {
		return putAnswer{}, err
	}
	p.clock.learn(response.Header, start, time.Now())
	return readAnswer(response)
}
