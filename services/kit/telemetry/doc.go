// Package telemetry is what a service tells about itself: logs, metrics, health, profiles.
//
// Model: nothing is global. main makes one logger and one registry and hands them in; each service registers its metrics
// with a registerer that adds the label service, so the four services can share a process, or not, and a dashboard does
// not see the difference. The operations listener ([Handler] behind [Serve]) has an address of its own, apart from
// whatever the service offers to its callers.
//
// Guarantees: /healthz answers 200 for as long as the process can answer at all; /readyz answers 200 only while every
// part that reported to [Health] is well, else 503 with a line per part that is not.
//
// Failures: a metric that cannot be gathered makes /metrics answer 500, so that the gap is noticed; gauges that are [Asked]
// for and get no answer are left out.
package telemetry
