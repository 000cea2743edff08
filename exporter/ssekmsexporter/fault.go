package ssekmsexporter

import (
	"context"
	"errors"
	"net/http"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// faultClass says what the exporter does about a failed PUT.
type faultClass string

const (
	// faultTransient: backoff and retry, with fewer uploads in flight.
	faultTransient faultClass = "transient"
	// faultThrottle: as transient, because the store asks for it.
	faultThrottle faultClass = "throttle"
	// faultHold: nobody's upload can succeed; open the breaker and probe.
	faultHold faultClass = "hold"
	// faultViolation: the store confirmed something else than was asked for.
	faultViolation faultClass = "violation"
	// faultExists: 412, an object of that name is there and was never verified.
	faultExists faultClass = "exists"
	// faultChecksum: the store received other bytes; rebuild and retry.
	faultChecksum faultClass = "checksum"
	// faultTooLarge: split.
	faultTooLarge faultClass = "too_large"
	// faultRejected: another 4xx, about this body.
	faultRejected faultClass = "rejected"
	// faultCancelled: the breaker, the queue or a shutdown ended the attempt.
	faultCancelled faultClass = "cancelled"
)

// holdCodes are answers about the key, the identity, the bucket or the clock.
// From the S3 API reference "Error responses", the KMS API's common errors as S3
// passes them on (KMS.*), and MinIO's kms:*.
var holdCodes = map[string]bool{
	"AccessDenied": true, "AccessDeniedException": true, "AllAccessDisabled": true, "AccountProblem": true,
	"InvalidAccessKeyId": true, "SignatureDoesNotMatch": true, "InvalidToken": true, "ExpiredToken": true,
	"ExpiredTokenException": true, "TokenRefreshRequired": true, "UnrecognizedClientException": true,
	"InvalidClientTokenId": true, "NotSignedUp": true, "InvalidSecurity": true,
	"RequestTimeTooSkewed": true, "RequestExpired": true,
	"NoSuchBucket": true, "PermanentRedirect": true, "AuthorizationHeaderMalformed": true, "IllegalLocationConstraintException": true,
	"NotImplemented": true, "InvalidEncryptionAlgorithmError": true, "ServerSideEncryptionConfigurationNotFoundError": true,
	// A canary is small: it passes where a quota refuses batches, which would go
	// to the quarantine one after another.
	"QuotaExceeded": true, "XMinioAdminBucketQuotaExceeded": true, "XMinioStorageFull": true,
	// MinIO answers these two with 400.
	"XMinioEncryptionError": true, "InvalidRegion": true,
	"InvalidStorageClass": true, "InvalidBucketState": true,
}

var throttleCodes = map[string]bool{
	"SlowDown": true, "SlowDownRead": true, "SlowDownWrite": true, "Throttling": true, "ThrottlingException": true,
	"RequestLimitExceeded": true, "TooManyRequests": true, "RequestThrottled": true, "KMS.ThrottlingException": true,
	"XMinioServerRequestTimeout": true,
}

var transientCodes = map[string]bool{
	"RequestTimeout": true, "OperationAborted": true, "ConditionalRequestConflict": true, "InternalError": true,
	"ServiceUnavailable": true, "TemporaryRedirect": true, "IncompleteBody": true, "RequestTimeoutException": true,
	"XMinioBackendDown": true, // a 400
}

// classify names the fault in the error of one PUT. Unknown answers are
// transient: the data stays, and the store is asked again.
func classify(err error) faultClass {
	var v *violationError
	var alone *deniedAloneError
	switch {
	case errors.Is(err, errHeld): // first: a hold names its reason, which may be a violation of another PUT
		return faultCancelled
	case errors.As(err, &alone):
		return faultRejected
	case errors.As(err, &v):
		return faultViolation
	case errors.Is(err, errGuard):
		return faultHold
	case errors.Is(err, errTooLarge):
		return faultTooLarge
	}
	status, code := 0, ""
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		code = api.ErrorCode()
	}
	switch {
	case throttleCodes[code] || status == http.StatusTooManyRequests:
		return faultThrottle
	case transientCodes[code]:
		return faultTransient
	case holdCodes[code] && status == http.StatusConflict:
		return faultHold
	case status == http.StatusConflict || status == http.StatusRequestTimeout:
		return faultTransient
	case status == http.StatusServiceUnavailable:
		return faultThrottle
	case holdCodes[code] || strings.HasPrefix(strings.ToLower(code), "kms"):
		return faultHold
	// The status is that of whoever gives credentials, and says nothing about
	// the body: a 400 of STS is no poison, and a 412 no object.
	case noCredentials(err) && status/100 != 5 && !errors.Is(err, context.Canceled):
		return faultHold
	case status == http.StatusPreconditionFailed || code == "PreconditionFailed":
		return faultExists
	case code == "BadDigest" || code == "InvalidDigest" || code == "XAmzContentSHA256Mismatch" || code == "XAmzContentChecksumMismatch":
		return faultChecksum
	case code == "EntityTooLarge" || status == http.StatusRequestEntityTooLarge:
		return faultTooLarge
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound ||
		status == http.StatusNotImplemented:
		return faultHold
	case status >= 400 && status < 500:
		return faultRejected
	case status != 0:
		return faultTransient
	case errors.Is(err, context.Canceled):
		return faultCancelled
	default:
		return faultTransient
	}
}

// deniedAloneError is a denial of one object by a store that takes others.
type deniedAloneError struct{ error }

func (e *deniedAloneError) Unwrap() error { return e.error }

// mayBeAlone reports a denial that can be about this object, and not about the
// identity, the key or the bucket: a policy that denies a tenant's prefix answers
// so, and so does a gateway that dislikes a body.
func mayBeAlone(err error) bool {
	var e *attemptError
	if !errors.As(err, &e) || e.class != faultHold || noCredentials(err) {
		return false
	}
	switch e.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return e.code == "AccessDenied" || !holdCodes[e.code] && !strings.HasPrefix(strings.ToLower(e.code), "kms")
	default:
		return false
	}
}

// noCredentials reports that the request was never signed.
func noCredentials(err error) bool {
	text := err.Error()
	return errors.Is(err, errCredentials) || strings.Contains(text, "get identity") ||
		strings.Contains(text, "failed to refresh cached credentials")
}

// definite reports whether a failed canary proves that writes cannot work as
// configured, as opposed to a store that could not be asked.
func definite(err error) bool {
	switch classify(err) {
	case faultViolation, faultRejected:
		return true
	case faultHold:
		if status := statusOf(err); status/100 == 5 && status != http.StatusNotImplemented {
			// The key service or the disk behind the store is out of order: a
			// refused start would lose what receivers could have queued.
			return false
		}
		return !noCredentials(err) || errors.Is(err, errGuard)
	default:
		return false
	}
}

// attemptError is what a failed PUT says to the log: the code or the status,
// and what to do about it. The message of the store is left out. It can echo what was sent.
type attemptError struct {
	class  faultClass
	status int
	code   string
	cause  error
}

func describe(err error) error {
	if err == nil {
		return nil
	}
	var known *attemptError
	var violation *violationError
	if errors.As(err, &known) || errors.As(err, &violation) || errors.Is(err, errHeld) || errors.Is(err, errGuard) {
		return err
	}
	e := &attemptError{class: classify(err), cause: err}
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		e.status = response.HTTPStatusCode()
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		e.code = api.ErrorCode()
	}
	return e
}

func (e *attemptError) Error() string {
	who := "store"
	if errors.Is(e.cause, errCredentials) {
		who = "the service that gives credentials"
	}
	var text string
	switch {
	case e.code != "":
		text = who + " answered " + printable(e.code)
	case e.status != 0:
		text = who + " answered " + http.StatusText(e.status)
	case errors.Is(e.cause, context.DeadlineExceeded):
		text = who + " timed out"
	default:
		text = who + " could not be asked: " + transportText(e.cause)
	}
	if next := e.advice().next; next != "" {
		text += "; " + next
	}
	return text
}

func (e *attemptError) Unwrap() error { return e.cause }
