// Package metric counts things for CloudWatch by writing log lines.
//
// CloudWatch makes metrics of every log line in its embedded metric format
// (EMF), so a count costs one line, no call, no permission and no library. The
// lines go through log/slog's default logger, whose handler must write JSON for
// CloudWatch to read them; with a text handler they are only lines. The package
// refuses dimensions and free names: each distinct name is billed as a metric
// of its own, so a name is a constant of the program and never comes from a
// request.
package metric

import (
	"context"
	"log/slog"
	"time"
)

// Namespace is where CloudWatch shows the metrics.
const Namespace = "Roster"

// maxName is the specification's limit of a metric's name, in characters.
const maxName = 1024

// Count adds one to a metric, at level Info. The name is ASCII letters, digits
// and underscores and begins with a capital (LoginFailed), which keeps it clear
// of the handler's own members such as time, level and msg. Any other name is
// logged as an error and not counted.
//
// A default logger made by WithGroup would push the metadata below the root of
// the line, where CloudWatch does not look.
func Count(ctx context.Context, name string) {
	if !validName(name) {
		slog.ErrorContext(ctx, "a metric has a bad name and is not counted", "name", name)
		return
	}
	slog.LogAttrs(ctx, slog.LevelInfo, "count", slog.Any("_aws", directive(name, time.Now())), slog.Int(name, 1))
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
	Metrics    []definition
}

type definition struct {
	Name string
	Unit string
}

func directive(name string, now time.Time) metadata {
	return metadata{
		Timestamp: now.UnixMilli(),
		CloudWatchMetrics: []metricDirective{{
			Namespace:  Namespace,
			Dimensions: [][]string{{}}, // one set, and nothing in it: the bare metric
			Metrics:    []definition{{Name: name, Unit: "Count"}},
		}},
	}
}
