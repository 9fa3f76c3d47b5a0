package seed

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-lambda-go/lambda"
)

// Start serves the job's invocations. It does not return.
func Start(job Job) { lambda.Start(Handler(job)) }

// Handler tells a custom resource's event from all others. CloudFormation gets
// its answer at the event's ResponseURL; everyone else gets the report.
func Handler(job Job) func(context.Context, json.RawMessage) (any, error) {
	resource := cfn.LambdaWrap(func(ctx context.Context, e cfn.Event) (string, map[string]any, error) {
		const id = "roster-schema" // one for the stack's life, so that an update replaces nothing
		if e.RequestType == cfn.RequestDelete {
			return id, nil, nil
		}
		_, err := job(ctx)
		return id, nil, err
	})
	return func(ctx context.Context, event json.RawMessage) (any, error) {
		var e cfn.Event
		if json.Unmarshal(event, &e) == nil && e.ResponseURL != "" && e.RequestType != "" {
			return resource(ctx, e)
		}
		return job(ctx)
	}
}
