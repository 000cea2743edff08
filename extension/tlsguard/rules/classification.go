package rules

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Shape is what a place in a component's configuration is, judged by the Go
// type of the field.
type Shape string

// The shapes that package classify finds.
const (
	// HTTPServer is confighttp.ServerConfig.
	HTTPServer Shape = "http_server"
	// GRPCServer is configgrpc.ServerConfig.
	GRPCServer Shape = "grpc_server"
	// HTTPClient is confighttp.ClientConfig.
	HTTPClient Shape = "http_client"
	// GRPCClient is configgrpc.ClientConfig.
	GRPCClient Shape = "grpc_client"
	// TLSServer is configtls.ServerConfig outside of the two servers.
	TLSServer Shape = "tls_server"
	// TLSClient is configtls.ClientConfig outside of the two clients.
	TLSClient Shape = "tls_client"
	// TLSCommon is configtls.Config on its own: direction unknown.
	TLSCommon Shape = "tls"
	// NetAddr is confignet.AddrConfig or TCPAddrConfig.
	NetAddr Shape = "net_addr"
	// Address is a string (or a list of strings) whose name says address.
	Address Shape = "address"
	// Queue is exporterhelper's queue.
	Queue Shape = "queue"
	// Opaque is an interface or a map whose content no type describes.
	Opaque Shape = "opaque"
)

// Field is one place of interest in a component's configuration.
type Field struct {
	// Path below the component, protocols::http; empty for the component
	// itself. The segment * stands for any key of a map or index of a list.
	Path  string `json:"path"`
	Shape Shape  `json:"shape"`
	// Optional is true for a pointer or a configoptional: absent means off.
	Optional bool `json:"optional,omitempty"`
}

// Component is the shape of one component type's configuration.
type Component struct {
	Fields []Field `json:"fields,omitempty"`
}

// Has reports whether any field has one of the shapes.
func (c Component) Has(shapes ...Shape) bool {
	return slices.ContainsFunc(c.Fields, func(f Field) bool { return slices.Contains(shapes, f.Shape) })
}

// Classification is the shape of every component type of a distribution. It
// can be written at build time and embedded into a tool.
type Classification struct {
	// Version of this format; [ClassificationVersion] when written.
	Version int `json:"version"`
	// Components by kind and type.
	Components map[Kind]map[string]Component `json:"components"`
}

// ClassificationVersion is the format that this package reads and writes.
const ClassificationVersion = 1

// Classify implements [Classifier].
func (c Classification) Classify(kind Kind, componentType string) (Component, bool) {
	component, ok := c.Components[kind][componentType]
	return component, ok
}

// Has reports whether the distribution has a component type.
func (c Classification) Has(kind Kind, componentType string) bool {
	_, ok := c.Classify(kind, componentType)
	return ok
}

// Add records one component type.
func (c *Classification) Add(kind Kind, componentType string, component Component) {
	if c.Components == nil {
		c.Components = make(map[Kind]map[string]Component)
	}
	if c.Components[kind] == nil {
		c.Components[kind] = make(map[string]Component)
	}
	slices.SortFunc(component.Fields, func(a, b Field) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(string(a.Shape), string(b.Shape)))
	})
	c.Version = ClassificationVersion
	c.Components[kind][componentType] = component
}

// DecodeClassification reads what json.Marshal of a [Classification] wrote.
func DecodeClassification(data []byte) (Classification, error) {
	var c Classification
	if err := json.Unmarshal(data, &c); err != nil {
		return Classification{}, fmt.Errorf("classification is not valid JSON: %w", err)
	}
	if c.Version != ClassificationVersion {
		return Classification{}, fmt.Errorf("classification has version %d, want %d: generate it again with the tool's own version", c.Version, ClassificationVersion)
	}
	return c, nil
}
