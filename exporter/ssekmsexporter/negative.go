package ssekmsexporter

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"go.uber.org/zap"
)

// The negative canaries are writes that the bucket policy must refuse: one that
// names no encryption, one that names the store's own key. They hold no
// telemetry, run only when asked for and after a passing canary, and the
// objects of those that were accepted are named in the log.

func (e *engine) checkNegativePlain(ctx context.Context) finding {
	return e.negative(ctx, checkNameNegativePlain, "")
}

func (e *engine) checkNegativeAES(ctx context.Context) finding {
	return e.negative(ctx, checkNameNegativeAES, types.ServerSideEncryptionAes256)
}

func (e *engine) negative(ctx context.Context, check string, algorithm types.ServerSideEncryption) finding {
	key := strings.Trim(e.cfg.Prefix, "/") + "/" + canaryFolder + "/negative/" + e.now().UTC().Format("2006-01-02") + "/" + rand.Text()
	key = strings.TrimPrefix(key, "/")
	content := []byte("this write must be refused; holds no telemetry\n")
	digest := sha256.Sum256(content)
	out, err := e.clients.bare.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(e.cfg.Bucket), Key: aws.String(key), ExpectedBucketOwner: e.owner(),
		Body: bytes.NewReader(content),
		// A bucket with object lock refuses a put without a checksum, which
		// would look like the refusal that is asked for.
		ChecksumSHA256:       aws.String(base64.StdEncoding.EncodeToString(digest[:])),
		ServerSideEncryption: algorithm,
		IfNoneMatch:          aws.String("*"),
	})
	if err == nil {
		e.logger.Error("the bucket accepted a write that its policy must refuse; delete this object",
			zap.String("check", check), zap.String("bucket", e.cfg.Bucket), zap.String("key", key),
			zap.String("version_id", printable(aws.ToString(out.VersionId))))
		return failed(check, fmt.Errorf("the bucket accepted %s; add the Deny statements of the bucket policy", key))
	}
	if statusOf(err) == http.StatusForbidden && codeOf(err) == "AccessDenied" {
		return ok(check)
	}
	return inconclusive(check, describe(err))
}
