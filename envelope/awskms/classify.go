package awskms

import (
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// codes maps the errors of GenerateDataKey and Decrypt (KMS API Reference), the
// common errors of AWS, and those of STS for role_arn.
var codes = map[string]error{
	"KMSInternalException":       envelope.ErrTransient,
	"DependencyTimeoutException": envelope.ErrTransient,
	"KeyUnavailableException":    envelope.ErrTransient,
	"InternalFailure":            envelope.ErrTransient,
	"InternalError":              envelope.ErrTransient,
	"ServiceUnavailable":         envelope.ErrTransient,
	"RequestTimeout":             envelope.ErrTransient,
	"RequestTimeoutException":    envelope.ErrTransient,
	// Credentials that ran out before they were renewed, and skewed clocks:
	// KMS has said nothing of the key.
	"ExpiredTokenException":   envelope.ErrTransient,
	"ExpiredToken":            envelope.ErrTransient,
	"RequestExpired":          envelope.ErrTransient,
	"RequestTimeTooSkewed":    envelope.ErrTransient,
	"IDPCommunicationError":   envelope.ErrTransient,
	"RequestInProgress":       envelope.ErrTransient,
	"PriorRequestNotComplete": envelope.ErrTransient,

	"ThrottlingException":      envelope.ErrThrottled,
	"Throttling":               envelope.ErrThrottled,
	"ThrottledException":       envelope.ErrThrottled,
	"TooManyRequestsException": envelope.ErrThrottled,
	"RequestLimitExceeded":     envelope.ErrThrottled,
	"RequestThrottled":         envelope.ErrThrottled,
	"LimitExceededException":   envelope.ErrThrottled,

	"AccessDeniedException":               envelope.ErrDenied,
	"AccessDenied":                        envelope.ErrDenied,
	"NotAuthorized":                       envelope.ErrDenied,
	"OptInRequired":                       envelope.ErrDenied,
	"UnrecognizedClientException":         envelope.ErrDenied,
	"InvalidClientTokenId":                envelope.ErrDenied,
	"MissingAuthenticationToken":          envelope.ErrDenied,
	"MissingAuthenticationTokenException": envelope.ErrDenied,
	"IncompleteSignature":                 envelope.ErrDenied,
	"IncompleteSignatureException":        envelope.ErrDenied,
	"InvalidSignatureException":           envelope.ErrDenied,
	"SignatureDoesNotMatch":               envelope.ErrDenied,
	"InvalidGrantTokenException":          envelope.ErrDenied,
	"RegionDisabledException":             envelope.ErrDenied,

	"DisabledException":        envelope.ErrDisabled,
	"KMSInvalidStateException": envelope.ErrDisabled, // pending deletion or import
	"NotFoundException":        envelope.ErrGone,

	"InvalidCiphertextException": envelope.ErrBadCiphertext,
	"IncorrectKeyException":      envelope.ErrBadCiphertext,

	"InvalidArnException":           envelope.ErrInvalid,
	"InvalidKeyUsageException":      envelope.ErrInvalid,
	"UnsupportedOperationException": envelope.ErrInvalid,
	"UnknownOperationException":     envelope.ErrInvalid,
	"ValidationException":           envelope.ErrInvalid,
	"SerializationException":        envelope.ErrInvalid,
}

// classify returns the class and a text without the SDK's wrapping.
func classify(err error) (detail string, class error) {
	if errors.Is(err, errPlaintext) {
		return err.Error(), envelope.ErrInvalid
	}
	var process *processcreds.ProviderError
	if errors.As(err, &process) {
		// The SDK quotes what the process printed, where it is no JSON.
		return "get credentials: the credential_process of the profile failed or printed no credentials", envelope.ErrTransient
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		// No answer: network, TLS, timeout, or no credentials to be had.
		return err.Error(), envelope.ErrTransient
	}
	detail = api.ErrorCode()
	if m := api.ErrorMessage(); m != "" {
		detail += ": " + m
	}
	if class, ok := codes[api.ErrorCode()]; ok {
		return detail, class
	}
	status := 0
	if response := (*smithyhttp.ResponseError)(nil); errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	switch {
	case status >= http.StatusInternalServerError, status == http.StatusRequestTimeout:
		return detail, envelope.ErrTransient
	case status == http.StatusTooManyRequests:
		return detail, envelope.ErrThrottled
	case status == http.StatusForbidden, status == http.StatusUnauthorized:
		return detail, envelope.ErrDenied
	case status == 0:
		return detail, envelope.ErrTransient
	default:
		return detail, envelope.ErrInvalid
	}
}

func classified(op, keyID string, err error) error {
	detail, class := classify(err)
	return &envelope.Error{Class: class, Provider: Name, Op: op, KeyID: keyID, Detail: detail, Err: err}
}

func failed(op, keyID string, class, err error) error {
	return &envelope.Error{Class: class, Provider: Name, Op: op, KeyID: keyID, Detail: err.Error(), Err: err}
}

func dryRunPassed(err error) bool {
	var passed *types.DryRunOperationException
	return errors.As(err, &passed)
}
