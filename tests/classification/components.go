package main

import (
	"github.com/open-telemetry/opentelemetry-collector-contrib/connector/countconnector"
	"github.com/open-telemetry/opentelemetry-collector-contrib/connector/spanmetricsconnector"
	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/fileexporter"
	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/kafkaexporter"
	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/loadbalancingexporter"
	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/prometheusexporter"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/basicauthextension"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/bearertokenauthextension"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/headerssetterextension"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/healthcheckextension"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/oidcauthextension"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/attributesprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/filterprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/k8sattributesprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/redactionprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/resourceprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/tailsamplingprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/transformprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/filelogreceiver"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/jaegerreceiver"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/kafkareceiver"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/prometheusreceiver"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/statsdreceiver"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/syslogreceiver"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/zipkinreceiver"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector/forwardconnector"
	"go.opentelemetry.io/collector/exporter/debugexporter"
	"go.opentelemetry.io/collector/exporter/nopexporter"
	"go.opentelemetry.io/collector/exporter/otlpexporter"
	"go.opentelemetry.io/collector/exporter/otlphttpexporter"
	"go.opentelemetry.io/collector/extension/zpagesextension"
	"go.opentelemetry.io/collector/processor/batchprocessor"
	"go.opentelemetry.io/collector/processor/memorylimiterprocessor"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage"
	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard"
	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
	"github.com/sealed-otel/otelcol-sealed/processor/redactprocessor"
)

// distribution lists the factories of builder-config.yaml; a test compares the
// two lists.
func distribution() map[rules.Kind][]component.Factory {
	return map[rules.Kind][]component.Factory{
		rules.Receiver: {
			otlpreceiver.NewFactory(), zipkinreceiver.NewFactory(), jaegerreceiver.NewFactory(),
			filelogreceiver.NewFactory(), syslogreceiver.NewFactory(), statsdreceiver.NewFactory(),
			kafkareceiver.NewFactory(), prometheusreceiver.NewFactory(),
		},
		rules.Processor: {
			redactprocessor.NewFactory(), batchprocessor.NewFactory(), memorylimiterprocessor.NewFactory(),
			redactionprocessor.NewFactory(), transformprocessor.NewFactory(), filterprocessor.NewFactory(),
			attributesprocessor.NewFactory(), resourceprocessor.NewFactory(), k8sattributesprocessor.NewFactory(),
			tailsamplingprocessor.NewFactory(),
		},
		rules.Exporter: {
			ssekmsexporter.NewFactory(), debugexporter.NewFactory(), nopexporter.NewFactory(),
			otlpexporter.NewFactory(), otlphttpexporter.NewFactory(), kafkaexporter.NewFactory(),
			loadbalancingexporter.NewFactory(), prometheusexporter.NewFactory(), fileexporter.NewFactory(),
		},
		rules.Connector: {
			forwardconnector.NewFactory(), spanmetricsconnector.NewFactory(), countconnector.NewFactory(),
		},
		rules.Extension: {
			encryptedstorage.NewFactory(), tlsguard.NewFactory(), zpagesextension.NewFactory(),
			filestorage.NewFactory(), healthcheckextension.NewFactory(), basicauthextension.NewFactory(),
			bearertokenauthextension.NewFactory(), headerssetterextension.NewFactory(), oidcauthextension.NewFactory(),
		},
	}
}
