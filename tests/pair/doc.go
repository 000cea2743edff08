// Package pair measures the whole collector with s3_sse_kms and
// encrypted_storage next to a collector with the components that people run
// today for the same job: contrib's awss3 exporter and file_storage.
package pair
