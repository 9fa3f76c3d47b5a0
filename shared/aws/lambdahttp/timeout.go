package lambdahttp

import (
	"context"
	"time"
)

const (
	handlerTimeout = 5 * time.Second        // the API promises an answer within this time, be it a 503
	answerTime     = 500 * time.Millisecond // to write the answer before Lambda ends the process
)

// withTimeout ends the handler's context while there is still time to answer. A
// function with little time left keeps at least half of it for the handler.
func withTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline := time.Now().Add(handlerTimeout)
	if lambda, ok := ctx.Deadline(); ok {
		left := max(0, time.Until(lambda))
		if d := lambda.Add(-min(answerTime, left/2)); d.Before(deadline) {
			deadline = d
		}
	}
	return context.WithDeadline(ctx, deadline)
}
