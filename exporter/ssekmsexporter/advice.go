package ssekmsexporter

import (
	"crypto/tls"
	"errors"
	"net"
	"strings"
)

// advice is what the operator can do about an answer of the store, and the
// setting that it speaks about; empty where none of them does.
type advice struct {
	setting, next string
}

var (
	adviceBucket   = advice{"bucket", "create the bucket, or correct its name"}
	adviceRegion   = advice{"region", "write the region of the bucket"}
	adviceIdentity = advice{"role_arn", "correct the credentials that the AWS SDK finds (environment, profile, instance or container role)"}
	adviceDenied   = advice{"role_arn", "allow s3:PutObject on the bucket and kms:GenerateDataKey on the key to this identity, and see what the bucket policy and expected_bucket_owner refuse"}
	adviceClock    = advice{"", "set the clock of this host"}
	adviceNoKMS    = advice{"encryption::algorithm", "give the store a KMS, or take an algorithm that it has"}
	adviceKey      = advice{"encryption::kms_key_arn", "name an enabled symmetric key in the region of the bucket that this identity may use"}
	adviceRoom     = advice{"bucket", "make room in the store"}
	adviceTrust    = advice{"tls::ca_file", "set tls::ca_file to the authority of the store's certificate, and endpoint to a name that it is for"}
	adviceHost     = advice{"endpoint", "correct endpoint, region or bucket: no host has that name"}
	adviceClass    = advice{"upload::storage_class", "take a class that the bucket has"}
)

// adviceOf is by code of the answer: see [holdCodes] for where they come from.
var adviceOf = map[string]advice{
	"NoSuchBucket":      adviceBucket,
	"PermanentRedirect": adviceRegion, "AuthorizationHeaderMalformed": adviceRegion, "IllegalLocationConstraintException": adviceRegion, "InvalidRegion": adviceRegion,
	"InvalidAccessKeyId": adviceIdentity, "SignatureDoesNotMatch": adviceIdentity, "InvalidToken": adviceIdentity, "ExpiredToken": adviceIdentity,
	"ExpiredTokenException": adviceIdentity, "TokenRefreshRequired": adviceIdentity, "UnrecognizedClientException": adviceIdentity,
	"InvalidClientTokenId": adviceIdentity, "NotSignedUp": adviceIdentity, "InvalidSecurity": adviceIdentity,
	"AccessDenied": adviceDenied, "AccessDeniedException": adviceDenied,
	"RequestTimeTooSkewed": adviceClock, "RequestExpired": adviceClock,
	"NotImplemented": adviceNoKMS, "InvalidEncryptionAlgorithmError": adviceNoKMS, "ServerSideEncryptionConfigurationNotFoundError": adviceNoKMS,
	"XMinioEncryptionError": adviceKey,
	"QuotaExceeded":         adviceRoom, "XMinioAdminBucketQuotaExceeded": adviceRoom, "XMinioStorageFull": adviceRoom,
	"InvalidStorageClass": adviceClass,
}

// advice is empty for what no setting can mend.
func (e *attemptError) advice() advice {
	if errors.Is(e.cause, errCredentials) {
		return adviceIdentity // whatever it was: the store was not asked
	}
	if a, ok := adviceOf[e.code]; ok {
		return a
	}
	if e.class == faultHold && strings.HasPrefix(strings.ToLower(e.code), "kms") {
		return adviceKey
	}
	var certificate *tls.CertificateVerificationError
	var host *net.DNSError
	switch {
	case errors.As(e.cause, &certificate):
		return adviceTrust
	case errors.As(e.cause, &host) && host.IsNotFound:
		return adviceHost
	}
	return advice{}
}

// path is the setting that a failed check speaks about, below the exporter's
// own path. The canary stands for all of them: its answer tells which.
func (f finding) path() string {
	if f.check == checkNameCanary && errors.Is(f.why, errGuard) {
		return settingOf[checkNameTLS]
	}
	var attempt *attemptError
	if f.check == checkNameCanary && errors.As(f.why, &attempt) {
		if a := attempt.advice(); a.next != "" {
			return a.setting
		}
	}
	return settingOf[f.check]
}
