package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// NewRegistry makes a process's one registry, with the Go runtime's and the process's own metrics in it, and the
// registerer of the named service (see ForService). A process with several services makes one registry and calls
// ForService for each.
func NewRegistry(service string) (*prometheus.Registry, prometheus.Registerer) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
	)
	return registry, ForService(registry, service)
}

// ForService makes the registerer to hand to a service: it adds the label service, so that services that share a process
// can register the same metric. The metrics themselves must not have a label of that name.
func ForService(r prometheus.Registerer, service string) prometheus.Registerer {
	return prometheus.WrapRegistererWith(prometheus.Labels{"service": service}, r)
}
