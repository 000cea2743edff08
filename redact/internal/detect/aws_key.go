package detect

// awsAccessKey finds AWS access key ids: AKIA for users, ASIA for temporary
// credentials, ABIA and ACCA for service bearer and context credentials (IAM
// reference, "unique identifiers"), A3T of old, and the bearer keys of Bedrock.
func awsAccessKey() Detector {
	return vendorKey("aws_access_key",
		keyShape{prefix: "AKIA", body: upperAlnum, min: 16, max: 16},
		keyShape{prefix: "ASIA", body: upperAlnum, min: 16, max: 16},
		keyShape{prefix: "ABIA", body: upperAlnum, min: 16, max: 16},
		keyShape{prefix: "ACCA", body: upperAlnum, min: 16, max: 16},
		keyShape{prefix: "A3T", body: upperAlnum, min: 17, max: 17},
		keyShape{prefix: "ABSK", body: base64Pad, min: 100, max: maxKey},
		keyShape{prefix: "bedrock-api-key-", body: base64Pad, min: 40, max: maxKey},
		keyShape{prefix: "amzn.mws.", body: urlSafe, min: 36, max: 36},
	)
}

// awsSecretKey finds AWS secret access keys: forty base64 characters after a
// word that names them, or after the access key id that they belong to.
func awsSecretKey() Detector {
	d := worded("aws_secret_key", wordedKey{
		words:   []string{"aws", "amazon", "secret", "secrets", "secret access key", "secret key", "access key", "aws secret access key", "aws secret", "s secret"},
		body:    alnum | inSlash | inPlus,
		lengths: Len(40),
		accept:  isRandomMixed,
		reach:   96,
	})
	d.Literals = append(FoldLiterals("aws", "amazon", "secret", "accesskey", "access_key", "access-key", "access key"), Literals("AKIA", "ASIA")...)
	return d
}

// awsSessionToken finds session tokens of AWS STS by the fixed beginnings of
// what their base64 wraps.
func awsSessionToken() Detector {
	return vendorKey("aws_session_token",
		keyShape{prefix: "FwoGZXIvYXdzE", body: base64Pad, min: 60, max: maxKey},
		keyShape{prefix: "FQoGZXIvYXdzE", body: base64Pad, min: 60, max: maxKey},
		keyShape{prefix: "FQoDYXdzE", body: base64Pad, min: 60, max: maxKey},
		keyShape{prefix: "AQoDYXdzE", body: base64Pad, min: 60, max: maxKey},
		keyShape{prefix: "AQoEXAMPLE", body: base64Pad, min: 60, max: maxKey},
		keyShape{prefix: "IQoJb3JpZ2lu", body: base64Pad, min: 60, max: maxKey},
	)
}
