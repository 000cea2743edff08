package ssekmsexporter

import "os"

// The tests never look for an identity on this machine or its network.
func init() {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID":           "AKIDEXAMPLE",
		"AWS_SECRET_ACCESS_KEY":       "not-a-secret",
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_ENDPOINT_URL_STS":        "https://127.0.0.1:1",
		"AWS_ENDPOINT_URL_KMS":        "https://127.0.0.1:1",
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	// A bundle on this machine would hide what happens without one.
	if err := os.Unsetenv("AWS_CA_BUNDLE"); err != nil {
		panic(err)
	}
}
