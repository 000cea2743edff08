package ssekmsexporter

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// putAnswer is what the store says about an object that it took (S3 API
// reference, PutObject, response headers). A field is empty where it says
// nothing.
type putAnswer struct {
	algorithm, keyID, context, bucketKey, checksum, version string
}

// Headers of an answer, in the canonical form.
const (
	headerContext   = "X-Amz-Server-Side-Encryption-Context"
	headerBucketKey = "X-Amz-Server-Side-Encryption-Bucket-Key-Enabled"
	headerVersion   = "X-Amz-Version-Id"
	headerRequestID = "X-Amz-Request-Id"
)

// readAnswer reads a response to its end, so that the connection can be used
// again, and closes it.
func readAnswer(response *http.Response) (putAnswer, error) {
	var body []byte
	var err error
	if response.ContentLength != 0 {
		body, err = io.ReadAll(response.Body) // bounded by the transport
	}
	_ = response.Body.Close() // read to its end, or given up
	if err != nil {
		return putAnswer{}, storeError(response, fmt.Errorf("read the store's answer: %w", err))
	}
	if response.StatusCode/100 != 2 {
		return putAnswer{}, storeError(response, errorDocument(response.StatusCode, body))
	}
	if response.StatusCode != http.StatusOK {
		// 202 says that it may be stored later. S3 answers a PUT with 200 (S3 API
		// reference, PutObject, "Response Syntax"); all else confirms nothing.
		return putAnswer{}, storeError(response, errors.New("read the store's answer: its status is not 200"))
	}
	if failed, err := holdsError(body); err != nil {
		return putAnswer{}, storeError(response, fmt.Errorf("read the store's answer: %w", err))
	} else if failed {
		// S3 can fail after it has sent the status of a success. As the SDK does:
		// a failure of the store.
		response.StatusCode = http.StatusInternalServerError
		return putAnswer{}, storeError(response, errorDocument(response.StatusCode, body))
	}
	return putAnswer{
		algorithm: single(response.Header, headerAlgorithm),
		keyID:     single(response.Header, headerKeyID),
		context:   single(response.Header, headerContext),
		bucketKey: single(response.Header, headerBucketKey),
		checksum:  single(response.Header, headerChecksum),
		version:   single(response.Header, headerVersion),
	}, nil
}

// single returns the value of a header. A store that sends two has not said
// which of them is true: together they match nothing that was asked for.
func single(header http.Header, name string) string {
	switch values := header[name]; len(values) {
	case 0:
		return ""
	case 1:
		return strings.TrimSpace(values[0])
	default:
		return strings.Join(values, ", ")
	}
}

// storeError is an error with a status. It keeps neither the response, whose
// request holds credentials, nor its body.
func storeError(response *http.Response, err error) error {
	return &awshttp.ResponseError{
		RequestID: printable(response.Header.Get(headerRequestID)),
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: response.StatusCode}},
			Err:      err,
		},
	}
}

// errorDocument reads the code out of an error document (S3 API reference,
// "Error responses"). Without one the code is the text of the status.
func errorDocument(status int, body []byte) error {
	var document struct {
		Code    string `xml:"Code"`
		Message string `xml:"Message"`
	}
	if err := xml.NewDecoder(bytes.NewReader(body)).Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return errors.New("the store's error document cannot be read")
	}
	code := document.Code
	switch {
	case code != "":
	case document.Message != "":
		code = "UnknownError"
	default:
		code = strings.ReplaceAll(http.StatusText(status), " ", "")
	}
	// The store's message is left out: it can echo what was sent.
	return &smithy.GenericAPIError{Code: code}
}

// holdsError reports whether the document in the body of a success is an error
// document.
func holdsError(body []byte) (bool, error) {
	if len(body) == 0 {
		return false, nil
	}
	decoder := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, errors.New("it is no document")
		}
		if start, ok := token.(xml.StartElement); ok {
			return strings.EqualFold(start.Name.Local, "Error"), nil
		}
	}
}
