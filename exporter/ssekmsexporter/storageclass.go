package ssekmsexporter

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// knownStorageClass asks the SDK's own list, which follows the S3 API.
func knownStorageClass(name string) bool {
	return slices.Contains(types.StorageClass("").Values(), types.StorageClass(name))
}
