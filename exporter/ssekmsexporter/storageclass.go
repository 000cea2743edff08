package ssekmsexporter

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// knownStorageClass asks the SDK's own list, which follows the S3 API.
func knownStorageClass(name string) bool {
	return slices.Contains(types.StorageClass("").Values(), types.StorageClass(name))
}

// storageClasses are the names that S3 knows, for a reader.
func storageClasses() string {
	var names []string
	for _, class := range types.StorageClass("").Values() {
		names = append(names, string(class))
	}
	return strings.Join(names, ", ")
}
