package seed

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"roster/shared/job/stack"
)

// schemaResource is the custom resource of template.yaml that migrates before any
// other function is deployed. Another one runs the whole job when the API has its
// address.
const schemaResource = "Schema"

// Start serves the job's invocations. It does not return. It makes Lambda's
// logger the default of slog, as settings.Load does.
func Start(job Job) {
	slog.SetDefault(lambdacontext.NewLogger())
	lambda.Start(Handler(job))
}

// Handler runs the job for any event: of the schedule, of a person, and of
// CloudFormation. A person may send a Request: {"end_all_sessions":true}.
func Handler(job Job) stack.Invocation {
	return stack.Handler("not seeded", func(ctx context.Context, c stack.Call) (any, error) {
		var request Request
		_ = json.Unmarshal(c.Event, &request) // any other event asks for nothing
		request.SchemaOnly = c.Resource == schemaResource
		return job(ctx, request)
	})
}
