// Package awskms wraps epoch keys with AWS KMS.
//
// It needs kms:GenerateDataKey and kms:Decrypt on key_arn, and kms:Decrypt on
// every key of also_decrypt; nothing else. Only full key ARNs are taken: an
// alias can be pointed at another key. Every request names its key, its
// encryption context and a deadline, and every answer must name the same key.
package awskms
