// Package metric counts.
package metric

import (
	"context"
	"log/slog"
)

// Count counts.
func Count(ctx context.Context, name string) { slog.InfoContext(ctx, name) }
