package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// result is what one flow costs one subject: the medians of all rounds.
type result struct {
	rps, p50, p99    float64 // requests a second, milliseconds
	server, database float64 // milliseconds of processor for each request
	memory           float64 // MiB resident
}

// pair is one flow with so many clients, of both subjects.
type pair struct {
	flow    string
	clients int
	roster  []window
	limit   []window
}

// measureFlows measures each flow of both subjects in turns, so that other work of
// the machine meets both.
func measureFlows(ctx context.Context, roster, limit *subject, o options) ([]*pair, error) {
	var pairs []*pair
	for _, f := range flows {
		if !has(o.flows, f.name) {
			continue
		}
		for _, n := range f.clients {
			pairs = append(pairs, &pair{flow: f.name, clients: n})
		}
	}
	for round := range o.rounds {
		for _, p := range pairs {
			f := flows[slices.IndexFunc(flows, func(f flow) bool { return f.name == p.flow })]
			turns := []func() error{
				func() error { return add(ctx, &p.roster, load{roster, f.roster, p.clients, o.window}) },
				func() error { return add(ctx, &p.limit, load{limit, f.limit, p.clients, o.window}) },
			}
			if round%2 == 1 {
				slices.Reverse(turns)
			}
			for _, turn := range turns {
				if err := turn(); err != nil {
					return nil, fmt.Errorf("%s: %w", f.name, err)
				}
			}
		}
	}
	return pairs, nil
}

// warmUp is how long requests are sent before the measurement. PostgreSQL plans a
// prepared statement anew five times before it takes a generic plan.
const warmUp = 300 * time.Millisecond

// load is a subject and what so many clients send it for some time.
type load struct {
	subject *subject
	begin   func(*subject, int) (client, error)
	clients int
	length  time.Duration
}

// add measures one more window.
func add(ctx context.Context, to *[]window, l load) error {
	clients := make([]client, l.clients)
	for i := range clients {
		var err error
		if clients[i], err = l.begin(l.subject, i); err != nil {
			return err
		}
	}
	if _, err := sendAll(ctx, l.subject, clients, time.Now().Add(warmUp)); err != nil {
		return err
	}
	w, err := measure(ctx, l.subject, clients, l.length)
	*to = append(*to, w)
	return err
}

// summary returns the medians over the windows.
func summary(windows []window) result {
	var r result
	each := func(value func(window) float64) float64 {
		values := make([]float64, len(windows))
		for i, w := range windows {
			values[i] = value(w)
		}
		slices.Sort(values)
		return (values[len(values)/2] + values[(len(values)-1)/2]) / 2
	}
	perRequest := func(total time.Duration, w window) float64 {
		return float64(total) / float64(time.Millisecond) / float64(w.requests)
	}
	r.rps = each(func(w window) float64 { return float64(w.requests) / w.took.Seconds() })
	r.p50 = each(func(w window) float64 { return percentile(w.latencies, 0.50) })
	r.p99 = each(func(w window) float64 { return percentile(w.latencies, 0.99) })
	r.server = each(func(w window) float64 { return perRequest(w.serverCPU, w) })
	r.database = each(func(w window) float64 { return perRequest(w.database, w) })
	r.memory = each(func(w window) float64 { return w.serverMiB })
	return r
}

// percentile is in milliseconds.
func percentile(latencies []time.Duration, p float64) float64 {
	if len(latencies) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(latencies))
	return float64(sorted[int(p*float64(len(sorted)-1))]) / float64(time.Millisecond)
}
