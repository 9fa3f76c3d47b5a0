package rotation

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambda"
)

// Start serves the job's invocations. It does not return.
func Start(job Job) { lambda.Start(Handler(job)) }

// Handler accepts the event of EventBridge's schedule. For an invocation by hand
// it accepts a Request: {"start":true} or {"replace_all":true}.
func Handler(job Job) func(context.Context, json.RawMessage) (Report, error) {
	return func(ctx context.Context, event json.RawMessage) (Report, error) {
		var request Request
		_ = json.Unmarshal(event, &request) // any other event asks for nothing
		report, err := job(ctx, request)
		if err != nil { // the line of aws-lambda-go has no level and no request id
			slog.ErrorContext(ctx, "the keys were not rotated", "error", err)
		}
		return report, err
	}
}
