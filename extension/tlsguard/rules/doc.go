// Package rules decides whether a collector configuration keeps the promise
// that nothing the policy names travels or rests in clear.
//
// For one verdict call [Check]; to see what exemptions hid as well, call
// [Evaluate]. Both are pure but for the certificate and key files that
// [Environment.Files] opens, so that the extension inside a collector and
// sealctl outside of one come to the same verdict.
//
// What stays stable: rule ids keep their meaning for ever and are never
// reused; a path has the form receivers::otlp::protocols::http; a rule may
// become stricter only with an entry in the changelog.
//
// The package knows no collector type. What a component's configuration looks
// like comes in as a [Classification], which package classify derives from
// the factories' default configurations.
package rules
