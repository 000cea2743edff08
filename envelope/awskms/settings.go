package awskms

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// DefaultTimeout bounds one request with its retries.
const DefaultTimeout = 5 * time.Second

// Settings are named as in the configuration of the storage extension.
type Settings struct {
	KeyARN      string        // wraps new keys, unwraps its own
	AlsoDecrypt []string      // ARNs of further keys that only unwrap
	Region      string        // empty: the region in KeyARN
	Endpoint    string        // empty: AWS; https, or http on a loopback address
	RoleARN     string        // empty: the default credentials as they are
	STSEndpoint string        // empty: AWS; where RoleARN is assumed
	Timeout     time.Duration // 0: DefaultTimeout

	// Config is the SDK configuration to begin with; nil loads the default
	// one (environment, shared files, container or instance role).
	Config *aws.Config
}

var (
	keyResource = regexp.MustCompile(`^key/[A-Za-z0-9-]{1,128}$`)
	account     = regexp.MustCompile(`^[0-9]{12}$`)
)

// Validate is pure and complete; it names the bad setting.
func (s Settings) Validate() error {
	var errs []error
	key, err := ParseKeyARN(s.KeyARN)
	if err != nil {
		errs = append(errs, fmt.Errorf("key_arn: %w", err))
	} else if s.Region != "" && s.Region != key.Region {
		errs = append(errs, fmt.Errorf("region: %s, but key_arn lies in %s; leave region out", s.Region, key.Region))
	}
	seen := map[string]bool{s.KeyARN: true}
	for i, a := range s.AlsoDecrypt {
		if _, err := ParseKeyARN(a); err != nil {
			errs = append(errs, fmt.Errorf("also_decrypt::%d: %w", i, err))
		} else if seen[a] {
			errs = append(errs, fmt.Errorf("also_decrypt::%d: %s is listed already", i, a))
		}
		seen[a] = true
	}
	if s.RoleARN != "" {
		if a, err := arn.Parse(s.RoleARN); err != nil || a.Service != "iam" || !strings.HasPrefix(a.Resource, "role/") {
			errs = append(errs, errors.New("role_arn: want arn:aws:iam::<account>:role/<name>"))
		}
	}
	for _, e := range []struct{ name, value string }{{"endpoint", s.Endpoint}, {"sts_endpoint", s.STSEndpoint}} {
		if err := validEndpoint(e.value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", e.name, err))
		}
	}
	if s.Timeout < 0 {
		errs = append(errs, errors.New("timeout: must not be negative"))
	}
	return errors.Join(errs...)
}

// ParseKeyARN accepts the full ARN of a key, and of nothing else.
func ParseKeyARN(text string) (arn.ARN, error) {
	a, err := arn.Parse(text)
	switch {
	case text == "":
		return arn.ARN{}, errors.New("is empty; want arn:aws:kms:<region>:<account>:key/<id>")
	case err == nil && a.Service == "kms" && strings.HasPrefix(a.Resource, "alias/"), strings.HasPrefix(text, "alias/"):
		return arn.ARN{}, errors.New("an alias can be pointed at another key; write the key's own ARN")
	case err != nil || a.Service != "kms" || !strings.HasPrefix(a.Partition, "aws") || a.Region == "" ||
		!account.MatchString(a.AccountID) || !keyResource.MatchString(a.Resource):
		return arn.ARN{}, errors.New("want arn:aws:kms:<region>:<account>:key/<id>")
	}
	return a, nil
}

// validEndpoint: the answer to GenerateDataKey holds the key in clear.
func validEndpoint(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		return errors.New("want https://host[:port]")
	}
	if encrypted(u) {
		return nil
	}
	return errors.New("want https; keys would travel in clear (http is allowed on a loopback address only)")
}
