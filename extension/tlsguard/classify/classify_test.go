package classify

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configgrpc"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/confignet"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configtls"
	"go.opentelemetry.io/collector/exporter/otlpexporter"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

func shapesOf(config component.Config) map[string]rules.Shape {
	out := make(map[string]rules.Shape)
	for _, field := range Config(config).Fields {
		out[field.Path] = field.Shape
	}
	return out
}

func TestOwnFactories(t *testing.T) {
	t.Parallel()
	assert.Equal(t, map[string]rules.Shape{
		"protocols::grpc": rules.GRPCServer, "protocols::http": rules.HTTPServer,
	}, shapesOf(otlpreceiver.NewFactory().CreateDefaultConfig()))
	assert.Equal(t, map[string]rules.Shape{
		"": rules.GRPCClient, "sending_queue": rules.Queue,
	}, shapesOf(otlpexporter.NewFactory().CreateDefaultConfig()))
}

type line struct {
	ListenAddress string                  `mapstructure:"listen_address"`
	TLS           *configtls.ServerConfig `mapstructure:"tls"`
}

type nested struct {
	Self *nested `mapstructure:"self"`
}

type peer struct {
	Client confighttp.ClientConfig `mapstructure:",squash"`
}

type odd struct {
	confighttp.ServerConfig `mapstructure:",squash"`
	Lines                   []line                                           `mapstructure:"lines"`
	Peers                   map[string]peer                                  `mapstructure:"peers"`
	Optional                configoptional.Optional[configgrpc.ClientConfig] `mapstructure:"optional"`
	Net                     confignet.TCPAddrConfig                          `mapstructure:"net"`
	Any                     any                                              `mapstructure:"any"`
	Dynamic                 any                                              `mapstructure:"dynamic"`
	Brokers                 []string                                         `mapstructure:"brokers"`
	Hidden                  string                                           `mapstructure:"-"`
	Untagged                struct{ Endpoint string }
	Nested                  nested `mapstructure:"nested"`
	private                 line
}

func TestEveryWayToHoldASetting(t *testing.T) {
	t.Parallel()
	got := shapesOf(&odd{Dynamic: &line{}, private: line{}})
	assert.Equal(t, map[string]rules.Shape{
		"":                         rules.HTTPServer,
		"lines::*::listen_address": rules.Address,
		"lines::*::tls":            rules.TLSServer,
		"peers::*":                 rules.HTTPClient,
		"optional":                 rules.GRPCClient,
		"net":                      rules.NetAddr,
		"any":                      rules.Opaque,
		"dynamic::listen_address":  rules.Address,
		"dynamic::tls":             rules.TLSServer,
		"brokers":                  rules.Address,
	}, got)
	assert.Empty(t, Config(nil).Fields)
}

type host struct {
	factories map[component.Type]component.Factory
}

func (h host) GetFactory(_ component.Kind, typ component.Type) component.Factory {
	return h.factories[typ]
}

func TestHostClassifierKnowsItsHost(t *testing.T) {
	t.Parallel()
	factory := otlpreceiver.NewFactory()
	c := HostClassifier{Host: host{map[component.Type]component.Factory{factory.Type(): factory}}}
	found, ok := c.Classify(rules.Receiver, "otlp")
	require.True(t, ok)
	assert.True(t, found.Has(rules.GRPCServer))
	_, ok = c.Classify(rules.Receiver, "mystery")
	assert.False(t, ok)
	_, ok = c.Classify(rules.Receiver, "not a type")
	assert.False(t, ok)
}

func TestAddFillsAClassification(t *testing.T) {
	t.Parallel()
	factory := otlpreceiver.NewFactory()
	var c rules.Classification
	Add(&c, rules.Receiver, map[component.Type]receiver.Factory{factory.Type(): factory})
	assert.True(t, c.Has(rules.Receiver, "otlp"))
	assert.False(t, c.Has(rules.Exporter, "otlp"))
}
