// Package metric counts events for CloudWatch by writing log lines:
//
//	metric.Count(ctx, "LoginFailed")
//
// CloudWatch makes a metric from every log line in its embedded metric format
// (EMF). So a count costs one line and needs no call, no permission and no
// library. The lines go through log/slog's default logger. Its handler must
// write JSON; CloudWatch ignores lines that are only text.
//
// The package refuses dimensions and computed names, because AWS bills each
// distinct name as a metric. A name is a constant of the program and never comes
// from a request.
package metric

import (
	"context"
	"log/slog"
	"time"
)

// Namespace is where CloudWatch shows the metrics.
const Namespace = "Roster"

// maxName is the longest name that the specification of EMF allows, in
// characters.
const maxName = 1024

// Count adds one to a metric, with a log line at level Info. The name has ASCII
// letters, digits and underscores, and begins with a capital, so that it cannot
// collide with time, level and msg, which the handler writes. Any other name is
// logged as an error and not counted.
//
// The default logger must not come from WithGroup: CloudWatch finds the metadata
// only at the root of the line.
func Count(ctx context.Context, name string) {
	if !validName(name) {
		slog.ErrorContext(ctx, "a metric has a bad name and is not counted", "name", name)
		return
	}
	slog.LogAttrs(ctx, slog.LevelInfo, "count", slog.Any("_aws", newMetadata(name, time.Now())), slog.Int(name, 1))
}

func validName(name string) bool {
	if name == "" || len(name) > maxName || name[0] < 'A' || name[0] > 'Z' {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_') {
			return false
		}
	}
	return true
}

// metadata is the _aws member of the embedded metric format ("Specification:
// Embedded metric format" in the CloudWatch User Guide).
type metadata struct {
	Timestamp         int64 // milliseconds since 1970
	CloudWatchMetrics []metricDirective
}

type metricDirective struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []metricDefinition
}

type metricDefinition struct {
	Name string
	Unit string
}

func newMetadata(name string, now time.Time) metadata {
	return metadata{
		Timestamp: now.UnixMilli(),
		CloudWatchMetrics: []metricDirective{{
			Namespace:  Namespace,
			Dimensions: [][]string{{}}, // one empty set: the metric has no dimensions
			Metrics:    []metricDefinition{{Name: name, Unit: "Count"}},
		}},
	}
}
