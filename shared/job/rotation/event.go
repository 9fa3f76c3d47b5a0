package rotation

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambda"
)

// Start serves the job's invocations. It does not return.
func Start(job Job) { lambda.Start(Handler(job)) }

// Handler takes EventBridge's event, and that of somebody who asks for more
// than what is due: {"start":true} or {"replace_all":true}.
func Handler(job Job) func(context.Context, json.RawMessage) (Report, error) {
	return func(ctx context.Context, event json.RawMessage) (Report, error) {
		var ask Ask
		_ = json.Unmarshal(event, &ask) // whatever else it is, it asks for nothing
		report, err := job(ctx, ask)
		if err != nil { // aws-lambda-go's own line is no error's, and has no request id
			slog.ErrorContext(ctx, "the keys were not rotated", "error", err)
		}
		return report, err
	}
}
