package seed

import (
	"context"
	"errors"
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
// CloudFormation. A person is told with an error that there is no admin. A
// deployment and the hourly run go on, because anybody may register the admin's
// name first; the warning and the metric tell of it.
func Handler(job Job) stack.Invocation {
	return stack.Handler("not seeded", func(ctx context.Context, c stack.Call) (any, error) {
		if c.Resource != "" {
			return job(ctx, Request{SchemaOnly: c.Resource == schemaResource})
		}
		request, err := stack.Decode[Request](c.Event, `{} or {"end_all_sessions":true}`)
		if err != nil {
			return nil, err
		}
		report, err := job(ctx, request)
		if err == nil && report.Admin.Missing && !stack.IsScheduled(c.Event) {
			return nil, errors.New("there is no admin: " + report.Admin.Note)
		}
		return report, err
	})
}
