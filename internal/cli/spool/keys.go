package spool

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/awskms"
	"github.com/sealed-otel/otelcol-sealed/envelope/keyfile"
	"github.com/sealed-otel/otelcol-sealed/envelope/kmsv2"
)

// keyFlags name the key service as the configuration of the collector does.
type keyFlags struct {
	keyFile     string
	awsKey      string
	alsoDecrypt []string
	awsEndpoint string
	plugin      string
	context     []string
}

func (k *keyFlags) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&k.keyFile, "key-file", "", "keys: path of a key file")
	f.StringVar(&k.awsKey, "aws-key-arn", "", "keys: ARN of a key in AWS KMS")
	f.StringSliceVar(&k.alsoDecrypt, "aws-also-decrypt", nil, "ARNs of former keys in AWS KMS")
	f.StringVar(&k.awsEndpoint, "aws-endpoint", "", "address of AWS KMS, if not the default one")
	f.StringVar(&k.plugin, "kms-plugin", "", "keys: unix:///path of a KMS v2 plug-in")
	f.StringArrayVar(&k.context, "context", nil, "pair of the encryption context, name=value; otel-purpose=spool is added")
}

var errNoKeys = errors.New("name the keys with one of --key-file, --aws-key-arn and --kms-plugin")

// given tells whether any key service was named.
func (k *keyFlags) given() bool { return k.keyFile != "" || k.awsKey != "" || k.plugin != "" }

// provider returns what the flags name, and the encryption context.
func (k *keyFlags) provider(ctx context.Context, dir string) (p envelope.Provider, ec envelope.Context, stop func(), err error) {
	ec = envelope.Context{}
	for _, pair := range k.context {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, nil, nil, fmt.Errorf("--context %q: want name=value", pair)
		}
		ec = ec.With(name, value)
	}
	ec = ec.With(envelope.PurposeKey, envelope.PurposeSpool)
	if err := ec.Validate(); err != nil {
		return nil, nil, nil, fmt.Errorf("--context: %w", err)
	}
	named := 0
	for _, s := range []string{k.keyFile, k.awsKey, k.plugin} {
		if s != "" {
			named++
		}
	}
	if named != 1 {
		return nil, nil, nil, errNoKeys
	}
	stop = func() {}
	switch {
	case k.keyFile != "":
		if p, err = keyfile.New(keyfile.Settings{Path: k.keyFile, SpoolDirectory: dir}); err == nil {
			// A mistyped path would show every client as damaged.
			_, err = p.Status(ctx, ec)
		}
	case k.awsKey != "":
		p, err = awskms.New(ctx, awskms.Settings{KeyARN: k.awsKey, AlsoDecrypt: k.alsoDecrypt, Endpoint: k.awsEndpoint})
	default:
		var plugin *kmsv2.Provider
		if plugin, err = kmsv2.New(kmsv2.Settings{Endpoint: k.plugin}); err == nil {
			p, stop = plugin, func() { _ = plugin.Close() }
		}
	}
	return p, ec, stop, err
}
