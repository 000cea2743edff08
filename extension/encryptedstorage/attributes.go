package encryptedstorage

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Values of the attributes that metadata.yaml declares.
const (
	stateLive  = "live"
	stateDead  = "dead"
	stateSpare = "spare"

	reasonTorn     = "torn"
	reasonCorrupt  = "corrupt"
	reasonTamper   = "tamper"
	reasonWrongKey = "wrong_key"

	resultOK      = "ok"
	resultFull    = "full"
	resultRefused = "refused"
	resultError   = "error"
)

func stateAttribute(v string) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("state", v))
}

func reasonAttribute(v string) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("reason", v))
}

func batchAttributes(class, result string) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("class", class), attribute.String("result", result))
}

func requestAttributes(op, code string) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("op", op), attribute.String("code", code))
}
