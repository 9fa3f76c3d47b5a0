package lambdahttp

import (
	"context"
	"time"
)

const (
	handlerTime = 5 * time.Second        // the API's promise: an answer, if only a 503, within this
	grace       = 500 * time.Millisecond // left to write that answer before Lambda kills the process
)

// withBudget ends the handler's context while there is still time to answer. A
// function with little time left keeps at least half of it for the handler.
func withBudget(ctx context.Context) (context.Context, context.CancelFunc) {
	end := time.Now().Add(handlerTime)
	if deadline, ok := ctx.Deadline(); ok {
		left := max(0, time.Until(deadline))
		if e := deadline.Add(-min(grace, left/2)); e.Before(end) {
			end = e
		}
	}
	return context.WithDeadline(ctx, end)
}
