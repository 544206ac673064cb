package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovotel"
	"github.com/sfprov/sfprov/sfprovriver"
)

// metrics are what the service counts, for Prometheus.
type metrics struct {
	trace     *sfprov.Trace
	handler   http.Handler
	meter     metric.Meter
	processed metric.Float64Histogram
}

func newMetrics() (*metrics, error) {
	registry := prometheus.NewRegistry()
	reader, err := exporter.New(exporter.WithRegisterer(registry))
	if err != nil {
		return nil, err
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	m := &metrics{meter: provider.Meter("github.com/sfprov/sfprov/cmd/sfprov"), handler: promhttp.HandlerFor(registry, promhttp.HandlerOpts{})}
	if m.trace, err = sfprovotel.New(sfprovotel.WithMeterProvider(provider)); err != nil {
		return nil, err
	}
	m.processed, err = m.meter.Float64Histogram("messaging.process.duration", metric.WithUnit("s"), metric.WithDescription("Duration of the last attempt at an event."))
	return m, err
}

// statsTime bounds a look at the queue for who scrapes.
const statsTime = 5 * time.Second

// watch measures the queue each time that somebody scrapes.
func (m *metrics) watch(q *sfprovriver.Queue) error {
	var problems []error
	gauge := func(name, unit, about string) metric.Float64ObservableGauge {
		g, err := m.meter.Float64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(about))
		problems = append(problems, err)
		return g
	}
	waiting := gauge("sfprov.queue.waiting", "{event}", "Events that wait.")
	dead := gauge("sfprov.queue.dead", "{event}", "Events that a person must look at.")
	oldest := gauge("sfprov.queue.oldest.age", "s", "How long the first of the events that wait has waited.")
	paused := gauge("sfprov.queue.paused", "{queue}", "1 if the queue is paused because the set-up is at fault, else 0.")
	_, err := m.meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		ctx, cancel := context.WithTimeout(ctx, statsTime)
		defer cancel()
		s, err := q.Stats(ctx)
		if err != nil {
			return err
		}
		age, stopped := 0.0, 0.0
		if !s.Oldest.IsZero() {
			age = time.Since(s.Oldest).Seconds()
		}
		if s.Paused {
			stopped = 1
		}
		o.ObserveFloat64(waiting, float64(s.Waiting))
		o.ObserveFloat64(dead, float64(s.Dead))
		o.ObserveFloat64(oldest, age)
		o.ObserveFloat64(paused, stopped)
		return nil
	}, waiting, dead, oldest, paused)
	return errors.Join(append(problems, err)...)
}

// ended counts an event that has come to its end.
func (m *metrics) ended(r sfprovriver.Record) {
	if r.State == sfprovriver.Merged {
		return // another stands for it
	}
	attrs := []attribute.KeyValue{attribute.String("messaging.system", "sfprovriver"), attribute.String("messaging.operation.name", "process")}
	if r.State == sfprovriver.Dead {
		attrs = append(attrs, attribute.String("error.type", r.Reason))
	}
	m.processed.Record(context.Background(), r.Took.Seconds(), metric.WithAttributes(attrs...))
}
