// Package awskmstest is a double of AWS KMS on the wire, for tests: a server on
// 127.0.0.1 that speaks JSON 1.1 (X-Amz-Target: TrentService.*) to the official
// SDKs, verifies SigV4 signatures for real, binds ciphertexts to key and
// encryption context with AES-GCM, and decides every call by the key policies
// and identity policies it was given (see the sub-package policy).
//
//	srv := awskmstest.Start(t)
//	key := srv.AddKey(awskmstest.Key{Policy: keyPolicy})       // its ARN
//	role := srv.AddIdentity(awskmstest.Identity{
//		ARN:      "arn:aws:iam::123456789012:role/collector",
//		Policies: [][]byte{rolePolicy},
//	})
//	client := kms.NewFromConfig(srv.Config(role))
//	_, err := client.Decrypt(ctx, &kms.DecryptInput{
//		KeyId: &key, CiphertextBlob: blob, DryRun: aws.Bool(true),
//	})
//	// *types.DryRunOperationException: it would have worked;
//	// AccessDeniedException: the policies refuse.
//
// Operations: GenerateDataKey, GenerateDataKeyWithoutPlaintext, Encrypt,
// Decrypt, ReEncrypt, DescribeKey, GetKeyPolicy, PutKeyPolicy, and AssumeRole
// of STS on the same address. CreateGrant and the other administrative calls
// are authorized, then answered with UnsupportedOperationException.
//
// Switches for faults: Throttle, Outage, Latency, Inject; for keys: Disable,
// Enable, ScheduleDeletion, Delete, Rotate, SetPolicy. Requests returns what
// was asked. Calls that a service makes for a principal (kms:ViaService) can't
// come over the wire: Authorize decides them.
//
// What it does not do: grants, multi-region replicas, asymmetric keys, quotas,
// eventual consistency.
package awskmstest
