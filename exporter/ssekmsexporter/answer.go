package ssekmsexporter

import (
	"errors"
	"io"
	"net/http"
)

const (
	// maxAnswerBytes bounds the body of one answer. The SDK reads the document
	// of an error whole: without a bound, a store that never ends it would fill
	// the memory of every collector that writes to it. S3's own error documents
	// are below 2 KiB, and no call here reads an object.
	maxAnswerBytes = 1 << 20
	// maxAnswerHeader bounds the header of one answer; S3's stay below 16 KiB.
	maxAnswerHeader = 64 << 10
)

var errLongAnswer = errors.New("the store's answer is longer than 1 MiB")

// boundedAnswers is a transport whose answers end after maxAnswerBytes.
type boundedAnswers struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t boundedAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = &boundedBody{ReadCloser: response.Body, left: maxAnswerBytes}
	return response, nil
}

// boundedBody fails where io.LimitReader would pretend that the answer is over.
type boundedBody struct {
	io.ReadCloser
	left int
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLongAnswer
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
